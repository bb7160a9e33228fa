"""The reference implementation of `mmap` as a module, in place of `mmap`: the package `mmapcheck-reference`."""

try:
    from mmapcheck_reference import *  # noqa: F403
    from mmapcheck_reference import __doc__ as __doc__
except ModuleNotFoundError as missing:
    if missing.name != "mmapcheck_reference":
        raise
    raise ImportError(
        "mmapcheck.reference needs the package mmapcheck-reference, an extension module that only CPython loads: "
        "pip install 'mmapcheck[reference]'"
    ) from None
