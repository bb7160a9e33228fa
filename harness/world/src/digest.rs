//! Digests of bytes, by which the maps and files of two targets are compared.

use mmapcheck_spec::{Content, Detail};

/// The CRC-32 of zlib, which every Python can compute.
#[must_use]
pub fn digest(bytes: &[u8]) -> u64 {
    crc32fast::hash(bytes).into()
}

/// The length and digest of bytes, as a trace keeps them. [`Detail::keeps_bytes`] says whether it has the bytes themselves.
#[must_use]
pub fn content_of(bytes: &[u8], detail: Detail) -> Content {
    let len = bytes.len() as u64;
    Content { len, digest: digest(bytes), bytes: detail.keeps_bytes(len).then(|| bytes.to_vec()) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_digest_is_the_checksum_of_zlib() {
        // python -c 'import zlib; print(zlib.crc32(b"hello\n" * 3))'
        assert_eq!(super::digest(&b"hello\n".repeat(3)), 1_030_108_986);
    }
}
