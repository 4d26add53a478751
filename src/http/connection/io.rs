//! The I/O of a connection, with timeouts for the client.

use crate::http::connection::open::Slot;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// A timer that is created on first use.
#[derive(Default)]
struct Deadline {
    at: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    fn set(&mut self, after: Duration) {
        self.at = Some(Instant::now() + after);
    }

    fn clear(&mut self) {
        self.at = None;
    }

    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        let Some(at) = self.at else { return false };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(context).is_ready()
    }
}

/// A connection whose client must send headers and receive responses in time.
pub(super) struct Guarded {
    stream: TcpStream,
    /// Held until the last byte, also of a WebSocket.
    slot: Slot,
    header: Duration,
    stall: Duration,
    header_deadline: Deadline,
    write_deadline: Deadline,
}

impl Guarded {
    /// Starts the timeout for the first header.
    pub(super) fn new(stream: TcpStream, slot: Slot, header: Duration, stall: Duration) -> Self {
        let mut header_deadline = Deadline::default();
        header_deadline.set(header);
        Self { stream, slot, header, stall, header_deadline, write_deadline: Deadline::default() }
    }

    /// Returns `TimedOut` if writing has been blocked for too long.
    fn written<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.write_deadline.clear();
            return result;
        }
        if self.write_deadline.at.is_none() {
            self.write_deadline.set(self.stall);
        }
        if self.write_deadline.is_over(context) { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_pending() {
            let over = this.slot.activity.is_in_header() && this.header_deadline.is_over(context);
            return if over { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending };
        }
        ready!(read)?;
        if buffer.filled().len() > before && this.slot.activity.begins_header() {
            this.header_deadline.set(this.header);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
