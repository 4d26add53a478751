//! The data folder: for its owner alone, as it holds password hashes, addresses and the secret.

use souk_core::config::{Config, Media};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What Souk itself writes into its data folder.
const OWN: [&str; 4] = ["secret", "media", "mail", "souk.db"];

/// From now on everything that is written is for its owner alone: the database and its log, pictures, mails, keys.
pub fn for_owner_alone() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Makes the data folder, and takes the rights of others away from what an earlier version of Souk wrote.
pub fn prepare(config: &Config) -> io::Result<()> {
    let folder = &config.data_dir;
    fs::create_dir_all(folder)?;
    if cfg!(unix) {
        warn_of_keys(config);
        let changed = take_rights_of_others(config)?;
        if changed > 0 {
            tracing::info!(folder = %folder.display(), files = changed, "files that others could read are now for their owner alone");
        }
    }
    Ok(())
}

fn take_rights_of_others(config: &Config) -> io::Result<usize> {
    let folder = &config.data_dir;
    let mut changed = 0;
    // A folder that holds other things, too, is not Souk's to close.
    if entries(folder)?.iter().all(|path| is_own(path)) {
        // If it was closed already, nobody else can reach what is in it.
        if !restrict(folder)? {
            return database_files(config).iter().try_fold(0, |sum, path| Ok(sum + usize::from(restrict(path)?)));
        }
        changed += 1;
    } else if is_open(folder) {
        tracing::warn!(folder = %folder.display(), "SOUK_DATA_DIR: the folder also holds what is not Souk's, and others can read it");
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
    OWN.iter().any(|own| name == *own) || name.starts_with("souk.db")
}

/// The SQLite database, which can be elsewhere, with its log.
fn database_files(config: &Config) -> Vec<PathBuf> {
    let Some(file) = super::lock::sqlite_file(config) else { return Vec::new() };
    ["", "-wal", "-shm"].iter().map(|ending| PathBuf::from(format!("{}{ending}", file.display()))).collect()
}

/// As [`restrict`], for everything in a folder, too; answers how much was changed. Links are not followed.
fn restrict_all(path: &Path) -> io::Result<usize> {
    let mut changed = usize::from(restrict(path)?);
    if path.is_dir() && !path.is_symlink() {
        for path in entries(path)? {
            changed += restrict_all(&path)?;
        }
    }
    Ok(changed)
}

/// Takes the rights of others away; answers whether there were any. What is not there has none.
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
            tracing::warn!(path = %path.display(), %error, "others can read this, and it can't be changed");
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

/// Key files are the operator's: they are not changed.
fn warn_of_keys(config: &Config) {
    for path in config.signing.key_files.iter().filter(|path| is_open(path)) {
        tracing::warn!(path = %path.display(), "SOUK_JWT_KEY_FILES: other users can read this private key");
    }
}
