//! Values of jobs.

use super::stored_enums;

stored_enums! {
    $
    /// Status of a job.
    JobStatus in job_status {
        /// Waiting for its time, or running under a lease.
        Queued = "QUEUED",
        /// Done without an error.
        Done = "DONE",
        /// Failed at its last attempt; can be run again.
        Failed = "FAILED",
    }
}
