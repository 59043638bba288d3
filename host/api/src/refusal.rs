//! Answers to what is not HTTP, or whose head is too large.
//!
//! Such a request never becomes one: the protocol's implementation answers it by a status without a body, past every
//! route. Here, where its bytes leave, that answer is exchanged for a problem like every other.

use crate::problem::{Code, Problem, ProblemBody};
use axum_server::accept::Accept;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Accepts as another one does, and explains what the connection refuses.
#[derive(Clone)]
pub(crate) struct Explained<A>(pub A);

impl<A, I, S> Accept<I, S> for Explained<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = Explaining<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let accepted = self.0.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            Ok((Explaining { stream, instead: Vec::new() }, service))
        })
    }
}

/// A connection.
pub(crate) struct Explaining<I> {
    stream: I,
    /// What is still to be written in place of a bare refusal.
    instead: Vec<u8>,
}

/// The refusal that the bytes are, if they are one: a whole answer of 4xx without a body. The routes never give one.
fn refusal(bytes: &[u8]) -> Option<Code> {
    let status = bytes.strip_prefix(b"HTTP/1.1 ").or_else(|| bytes.strip_prefix(b"HTTP/1.0 "))?;
    let code = match status.get(..4)? {
        b"400 " => Code::Malformed,
        b"408 " => Code::Slow,
        b"414 " | b"431 " => Code::HeadersTooLarge,
        _ => return None,
    };
    let head = std::str::from_utf8(bytes).ok()?.to_ascii_lowercase();
    (head.ends_with("\r\n\r\n") && head.contains("\r\ncontent-length: 0\r\n")).then_some(code)
}

fn explained(code: Code) -> Vec<u8> {
    let detail = match code {
        Code::HeadersTooLarge => "the head of the request is longer, or has more fields, than this service takes",
        Code::Slow => "the head of the request did not arrive in time",
        _ => "this is not a request in HTTP",
    };
    tracing::info!(code = code.word(), "a request that could not be read");
    let body = serde_json::to_string(&ProblemBody::from(Problem::new(code, detail))).unwrap_or_default();
    let (status, length) = (code.status(), body.len());
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\nconnection: close");
    format!("{head}\r\n\r\n{body}").into_bytes()
}

impl<I: AsyncWrite + Unpin> Explaining<I> {
    /// Writes the explanation of a refusal in its place; none if the bytes are no refusal.
    fn poll_explain(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Option<Poll<io::Result<usize>>> {
        if self.instead.is_empty() {
            self.instead = explained(refusal(bytes)?);
        }
        let write = |explaining: &mut Self, cx: &mut Context<'_>| {
            while !explaining.instead.is_empty() {
                let written = ready!(Pin::new(&mut explaining.stream).poll_write(cx, &explaining.instead))?;
                if written == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                explaining.instead.drain(..written);
            }
            Poll::Ready(Ok(bytes.len()))
        };
        Some(write(self, cx))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Explaining<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.poll_explain(cx, bytes) {
            Some(explained) => explained,
            None => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let first = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
        match self.poll_explain(cx, first) {
            Some(explained) => explained,
            None => Pin::new(&mut self.stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Explaining<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bare_refusal_is_exchanged() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";
        assert_eq!(refusal(bare), Some(Code::HeadersTooLarge));
        let explained = String::from_utf8(explained(Code::HeadersTooLarge)).unwrap_or_default();
        assert!(explained.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{explained}");
        for other in [
            &b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 20\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
            b"",
        ] {
            assert_eq!(refusal(other), None);
        }
    }
}
