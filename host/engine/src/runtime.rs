//! The configured runtime: one per process.

use crate::limits::{CORE_INSTANCES, EPOCH_MILLISECONDS, INSTANCES, Limits, MEMORIES, STACK_BYTES, TABLES};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig};

/// A fault of the machine or of the host, never of the rule: nothing was decided, and the same
/// call may succeed later.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The wall clock stopped a run that had fuel left.
    #[error("the run took too long by the clock; the machine may be overloaded, try again")]
    Clock,
    /// The runtime could not be set up, or an instance could not be made.
    #[error("the runtime failed")]
    Runtime(#[source] wasmtime::Error),
}

/// The runtime, with the thread that counts epochs.
pub struct Runtime {
    engine: Engine,
    limits: Limits,
    stop: Arc<AtomicBool>,
}

impl Runtime {
    /// Starts the runtime.
    ///
    /// # Errors
    /// [`Fault::Runtime`] when the machine cannot reserve the address space of the pool.
    pub fn start(limits: Limits) -> Result<Runtime, Fault> {
        let engine = Engine::new(&config(&limits)).map_err(Fault::Runtime)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (weak, stopped) = (engine.weak(), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(EPOCH_MILLISECONDS));
                match weak.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        });
        Ok(Runtime { engine, limits, stop })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The bounds of its runs.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// What a rule's bytes may use, and how they run: the record 0003 in `docs/decisions` says why.
fn config(limits: &Limits) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_core_instances(INSTANCES * CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .total_memories(INSTANCES * MEMORIES)
        .max_tables_per_component(TABLES)
        .total_tables(INSTANCES * TABLES)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .max_unused_warm_slots(INSTANCES)
        // Pages that every decision touches again are cleared in place instead of given back; where
        // the kernel can tell which were touched (Linux 6.7), only those are.
        .linear_memory_keep_resident(1 << 20)
        .table_keep_resident(1 << 14)
        .pagemap_scan(Enabled::Auto);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_relaxed_simd(false)
        .wasm_wide_arithmetic(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        // A float may occur in an interpreter; its bits must not depend on the machine.
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(OptLevel::Speed)
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .memory_init_cow(true)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
