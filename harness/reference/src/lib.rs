//! The answer key: the rules of Python's `mmap` object, over a store.
//!
//! [`Reference`] answers every operation as CPython of one profile does, in the order CPython checks things.
//! The rules (`rules/`) know no operating system: they talk to a store of files and memory.
//! What differs by version is a method of [`mmapcheck_spec::Profile`].

mod errno;
pub mod files;
mod folder;
mod machine;
mod operands;
mod result;
mod rules;
mod state;
pub mod store;

pub use errno::Errno;
pub use machine::Reference;
pub use store::disk::DiskStore;
pub use store::memory::MemoryStore;

/// The digest of bytes, by which maps and files of two targets are compared: zlib's CRC-32, which every Python has at hand.
#[must_use]
pub fn digest(bytes: &[u8]) -> u64 {
    crc32fast::hash(bytes).into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_digest_is_the_checksum_of_zlib() {
        // python -c 'import zlib; print(zlib.crc32(b"hello\n" * 3))'
        assert_eq!(super::digest(&b"hello\n".repeat(3)), 1_030_108_986);
    }
}
