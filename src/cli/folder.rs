//! The data folder. Only its owner may read it, as it contains password hashes, addresses and the secret.

use souk_core::config::{Config, Media};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Names of the files and folders that Souk creates in the data folder.
const OWN_FILES: [&str; 4] = ["secret", "media", "mail", "souk.db"];

/// Sets the umask, so that all files created from now on are accessible only to their owner.
pub(super) fn restrict_umask() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Creates the data folder, and removes the permissions of other users from the files of earlier versions of Souk.
pub(super) fn prepare(config: &Config) -> io::Result<()> {
    let folder = &config.data_dir;
    fs::create_dir_all(folder)?;
    if cfg!(unix) {
        warn_of_readable_keys(config);
        let changed = remove_permissions_of_others(config)?;
        if changed > 0 {
            tracing::info!(folder = %folder.display(), files = changed, "removed the permissions of other users from files");
        }
    }
    Ok(())
}

fn remove_permissions_of_others(config: &Config) -> io::Result<usize> {
    let folder = &config.data_dir;
    let mut changed = 0;
    // The folder itself is changed only if all of its content belongs to Souk.
    if entries(folder)?.iter().all(|path| is_own(path)) {
        // If other users had no access to the folder, they had none to its content either.
        if !restrict(folder)? {
            return database_files(config).iter().try_fold(0, |sum, path| Ok(sum + usize::from(restrict(path)?)));
        }
        changed += 1;
    } else if is_open(folder) {
        tracing::warn!(folder = %folder.display(), "SOUK_DATA_DIR: the folder contains other files too, and other users can read it");
    }
    let own = entries(folder)?.into_iter().filter(|path| is_own(path));
    let media = match &config.media {
        Media::Folder(media) => Some(media.clone()),
        Media::S3(_) => None,
    };
    for path in own.chain(media.filter(|path| path.starts_with(folder))).chain(database_files(config)) {
        changed += restrict_all(&path)?;
    }
    Ok(changed)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn is_own(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    OWN_FILES.iter().any(|own| name == *own) || name.starts_with("souk.db")
}

/// The files of the SQLite database, which can be outside the data folder.
fn database_files(config: &Config) -> Vec<PathBuf> {
    let Some(file) = super::lock::sqlite_file(config) else { return Vec::new() };
    ["", "-wal", "-shm"].iter().map(|ending| PathBuf::from(format!("{}{ending}", file.display()))).collect()
}

/// Like [`restrict`], also for everything in a folder; returns the number of changes. Symbolic links are not followed.
fn restrict_all(path: &Path) -> io::Result<usize> {
    let mut changed = usize::from(restrict(path)?);
    if path.is_dir() && !path.is_symlink() {
        for path in entries(path)? {
            changed += restrict_all(&path)?;
        }
    }
    Ok(changed)
}

/// Removes the permissions of other users; returns whether there were any. A missing file is ignored.
#[cfg(unix)]
fn restrict(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mode = metadata.permissions().mode();
    if metadata.is_symlink() || mode & 0o077 == 0 {
        return Ok(false);
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700)) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
            tracing::warn!(path = %path.display(), %error, "other users can read this file, and its permissions cannot be changed");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_path: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn restrict(_path: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Key files belong to the operator, so their permissions are not changed.
fn warn_of_readable_keys(config: &Config) {
    for path in config.signing.key_files.iter().filter(|path| is_open(path)) {
        tracing::warn!(path = %path.display(), "SOUK_JWT_KEY_FILES: other users can read this private key");
    }
}
