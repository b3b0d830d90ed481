//! Python objects as a pickle of protocol 4, written as they come.

use std::io::{self, BufWriter, Write};

/// Element types of arrays that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    F32,
    F64,
    I64,
}

impl Number {
    fn name(self) -> &'static str {
        match self {
            Number::F32 => "f4",
            Number::F64 => "f8",
            Number::I64 => "i8",
        }
    }

    fn size(self) -> u64 {
        match self {
            Number::F32 => 4,
            Number::F64 | Number::I64 => 8,
        }
    }
}

/// Writes one object.
pub struct Pickler<'w> {
    out: BufWriter<&'w mut dyn Write>,
}

impl<'w> Pickler<'w> {
    pub fn new(out: &'w mut dyn Write) -> io::Result<Self> {
        let mut out = BufWriter::new(out);
        out.write_all(b"\x80\x04")?;
        Ok(Pickler { out })
    }

    /// Ends the pickle.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.write_all(b".")?;
        self.out.flush()
    }

    /// A dict of so many entries; `entry` writes the key and the value of each.
    pub fn dict<E: From<io::Error>>(
        &mut self,
        count: usize,
        mut entry: impl FnMut(&mut Self, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        self.out.write_all(b"}(")?;
        for i in 0..count {
            entry(self, i)?;
        }
        Ok(self.out.write_all(b"u")?)
    }

    pub fn text(&mut self, text: &str) -> io::Result<()> {
        let len = u32::try_from(text.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.out.write_all(b"X")?;
        self.out.write_all(&len.to_le_bytes())?;
        self.out.write_all(text.as_bytes())
    }

    /// A list of texts.
    pub fn texts(&mut self, texts: &[String]) -> io::Result<()> {
        self.out.write_all(b"](")?;
        texts.iter().try_for_each(|text| self.text(text))?;
        self.out.write_all(b"e")
    }

    /// A numpy array whose elements are at hand.
    pub fn array(&mut self, shape: &[usize], number: Number, values: &[f64]) -> io::Result<()> {
        self.begin_array(shape, number)?;
        self.elements(number, values)?;
        self.end_array()
    }

    /// A numpy array in C order. As many [`elements`](Self::elements) as its shape says must follow, and its
    /// [`end`](Self::end_array).
    pub fn begin_array(&mut self, shape: &[usize], number: Number) -> io::Result<()> {
        // numpy 1 and 2 both know this name.
        self.out.write_all(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR(K\x01(")?;
        for &axis in shape {
            self.out.write_all(b"\x8a\x08")?;
            self.out.write_all(&(axis as i64).to_le_bytes())?;
        }
        self.out.write_all(b"tcnumpy\ndtype\n(")?;
        self.text(number.name())?;
        self.out.write_all(b"\x89\x88tR(K\x03")?;
        self.text("<")?;
        self.out.write_all(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89\x8e")?;
        let count = shape.iter().fold(number.size(), |n, &axis| n.saturating_mul(axis as u64));
        self.out.write_all(&count.to_le_bytes())
    }

    pub fn elements(&mut self, number: Number, values: &[f64]) -> io::Result<()> {
        values.iter().try_for_each(|&value| match number {
            Number::F32 => self.out.write_all(&(value as f32).to_le_bytes()),
            Number::F64 => self.out.write_all(&value.to_le_bytes()),
            Number::I64 => self.out.write_all(&(value as i64).to_le_bytes()),
        })
    }

    pub fn end_array(&mut self) -> io::Result<()> {
        self.out.write_all(b"tb")
    }
}
