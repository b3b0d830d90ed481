//! The allow-list: the only callables that a pickle may ask for.

/// The callables that a pickle may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global {
    /// `numpy.core.multiarray._reconstruct`: an array that BUILD will fill.
    Reconstruct,
    /// `numpy.core.multiarray.scalar`: one number.
    Scalar,
    /// `numpy.core.numeric._frombuffer`: an array at once (protocol 5).
    FromBuffer,
    /// `numpy.ndarray`, as an argument of `_reconstruct`.
    NdArray,
    /// `numpy.dtype`: an element type.
    DType,
    /// `_codecs.encode`: bytes, as Python 3 writes them in protocol 2.
    Encode,
    /// `collections.OrderedDict`.
    OrderedDict,
    /// `collections.defaultdict`: a dict once it is written.
    DefaultDict,
    /// What a `defaultdict` makes for keys that are missing; never called.
    Factory,
    /// `bytes` or `bytearray`.
    Bytes,
    /// `joblib.numpy_pickle.NumpyArrayWrapper`: an array whose elements follow it in the file.
    JoblibArray,
    /// `torch._utils._rebuild_tensor_v2`: a tensor over a storage.
    RebuildTensor,
    /// `torch.storage._load_from_bytes`: a storage.
    LoadStorage,
    /// `torch.FloatStorage` and the like, as numpy's name of the element type.
    Storage(&'static str),
}

impl Global {
    /// The callable of that name, if it is on the list.
    pub fn allowed(module: &str, attribute: &str) -> Option<Global> {
        Some(match (module, attribute) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::Reconstruct,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Global::Scalar,
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Global::FromBuffer,
            ("numpy", "ndarray") => Global::NdArray,
            ("numpy", "dtype") => Global::DType,
            ("_codecs", "encode") => Global::Encode,
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("collections", "defaultdict") => Global::DefaultDict,
            ("builtins" | "__builtin__", "dict" | "list" | "tuple" | "set" | "int" | "float" | "str") => {
                Global::Factory
            }
            ("builtins" | "__builtin__", "bytes" | "bytearray") => Global::Bytes,
            ("joblib.numpy_pickle" | "sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper") => {
                Global::JoblibArray
            }
            ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor,
            ("torch.storage", "_load_from_bytes") => Global::LoadStorage,
            ("torch", "DoubleStorage") => Global::Storage("f8"),
            ("torch", "FloatStorage") => Global::Storage("f4"),
            ("torch", "HalfStorage") => Global::Storage("f2"),
            ("torch", "BFloat16Storage") => Global::Storage("bf16"),
            ("torch", "LongStorage") => Global::Storage("i8"),
            ("torch", "IntStorage") => Global::Storage("i4"),
            ("torch", "ShortStorage") => Global::Storage("i2"),
            ("torch", "CharStorage") => Global::Storage("i1"),
            ("torch", "ByteStorage") => Global::Storage("u1"),
            ("torch", "BoolStorage") => Global::Storage("b1"),
            _ => return None,
        })
    }
}
