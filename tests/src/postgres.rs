//! A PostgreSQL server of the test run's own: a temporary cluster on a free port, gone with the
//! process.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

struct Server {
    port: u16,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);
static CLUSTERS: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database.
///
/// # Panics
/// When the server's programs are missing (`cargo xtask test` installs them) or do not start.
pub fn database() -> String {
    let server = SERVER.get_or_init(start);
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let address = |name: &str| format!("postgres://jorei@127.0.0.1:{}/{name}", server.port);
    let mut psql = Command::new("psql");
    let status = psql.args(["-q", "-d", &address("postgres"), "-c", &format!("CREATE DATABASE {name}")]).status();
    assert!(status.is_ok_and(|status| status.success()), "creating the database {name}");
    address(&name)
}

/// The address of a new database with everything that is in another, to which nobody may be connected.
///
/// # Panics
/// As [`database`].
pub fn copy(of: &str) -> String {
    let (server, template) = of.rsplit_once('/').expect("an address of a database of ours");
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    command(server, &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"));
    format!("{server}/{name}")
}

/// Removes a database whose connections are closed.
///
/// # Panics
/// When somebody is connected.
pub fn remove(address: &str) {
    let (server, name) = address.rsplit_once('/').expect("an address of a database of ours");
    command(server, &format!("DROP DATABASE {name}"));
}

fn command(server: &str, statement: &str) {
    let status = Command::new("psql").args(["-q", "-d", &format!("{server}/postgres"), "-c", statement]).status();
    assert!(status.is_ok_and(|status| status.success()), "{statement}");
}

fn start() -> Server {
    let cluster = Cluster::make();
    cluster.launch();
    Server { port: cluster.port }
}

/// A cluster whose server a test may kill.
pub struct Mortal {
    cluster: Cluster,
    process: u32,
}

impl Mortal {
    /// Makes one and starts its server.
    ///
    /// # Panics
    /// As [`database`].
    pub fn start() -> Mortal {
        let cluster = Cluster::make();
        let process = cluster.launch();
        Mortal { cluster, process }
    }

    /// The address of its one database, which is empty at first.
    pub fn address(&self) -> String {
        format!("postgres://jorei@127.0.0.1:{}/postgres", self.cluster.port)
    }

    /// Kills the server.
    ///
    /// # Panics
    /// When it is gone already.
    pub fn kill(&self) {
        let status = Command::new("kill").args(["-KILL", &self.process.to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "killing the server");
    }

    /// Starts the server again, once what is left of the one before has gone.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.process = self.cluster.launch();
    }
}

struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    fn make() -> Cluster {
        let (programs, folder) = (programs(), folder());
        if is_root() {
            let status = Command::new("chown").arg("nobody:nogroup").arg(&folder).status();
            assert!(status.is_ok_and(|status| status.success()), "giving the folder to nobody");
        }
        let mut initdb = unprivileged(&programs.join("initdb"));
        initdb.args(["--username=jorei", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]).arg(folder.join("data"));
        let status = initdb.stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "making the cluster");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
        Cluster { programs, folder, port }
    }

    /// Starts the server and waits until it answers; its process.
    fn launch(&self) -> u32 {
        let (started, has_started) = std::sync::mpsc::channel();
        let (binary, data, socket, port) = (self.programs.join("postgres"), self.folder.join("data"), self.folder.clone(), self.port);
        // The kernel ends the server when the thread that started it ends: this one never does before it. While workers of
        // a server that was killed hold its memory, a new one ends at once.
        std::thread::spawn(move || {
            loop {
                let mut server = serve(&binary, &data, &socket, port);
                let listens = started.send(server.id()).is_ok();
                let ended = server.wait();
                if !listens || ended.is_ok_and(|status| status.code().is_none()) {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(50));
            }
        });
        let mut process = has_started.recv().expect("the server's thread");
        let mut tries = 0;
        while !is_ready(&self.programs, self.port) {
            tries += 1;
            assert!(tries < 600, "the server did not come up");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        while let Ok(later) = has_started.try_recv() {
            process = later;
        }
        process
    }
}

/// A folder for a cluster, named after this process. The server outlives every scope of ours, so
/// a run cannot clean up behind itself; it cleans up behind those that are gone.
fn folder() -> PathBuf {
    const PREFIX: &str = "jorei-postgres-";
    let temporary = std::env::temp_dir();
    for entry in std::fs::read_dir(&temporary).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let folder = temporary.join(format!("{PREFIX}{}-{}", std::process::id(), CLUSTERS.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir(&folder).expect("a temporary folder");
    folder
}

fn serve(binary: &Path, data: &Path, socket: &Path, port: u16) -> Child {
    let mut postgres = unprivileged(binary);
    postgres.arg("-D").arg(data).arg("-k").arg(socket).args(["-p", &port.to_string()]);
    // A crash of the machine is not what these tests are about; a crash of a client is.
    postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"]);
    postgres.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    postgres.spawn().expect("the server")
}

fn is_ready(programs: &Path, port: u16) -> bool {
    let mut ready = Command::new(programs.join("pg_isready"));
    ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]).status().is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"))
}

/// A server program, which refuses root, without root's rights and bound to our life.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=KILL");
    if is_root() {
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    }
    command.arg(program).current_dir("/");
    command
}

/// The newest installed server's programs.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed (cargo xtask setup)");
    let mut all: Vec<PathBuf> =
        versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).filter(|bin| bin.join("initdb").is_file()).collect();
    all.sort();
    all.pop().expect("PostgreSQL is installed (cargo xtask setup)")
}
