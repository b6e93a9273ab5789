//! Work on all processors whose threads have a stack like a process's own: a walk goes as deep as a path is
//! long, on any thread.

/// The stack of each thread, in bytes.
const STACK: usize = 8 << 20;

/// Does some work on threads with deep stacks.
pub(super) fn deep<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}
