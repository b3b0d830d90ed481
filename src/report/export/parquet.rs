//! Parquet: numbers are nullable float32, texts UTF-8, the split a dictionary. Uncompressed: whoever wants it smaller
//! compresses the file.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, FloatType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type, TypePtr};

use super::extract::{Extract, Value, value};
use super::format::Format;
use crate::report::table::RowRef;
use crate::report::table::columns::{Column, Content};

/// Rows that are held in memory at a time.
const GROUP: usize = 1 << 16;

pub static PARQUET: Format = Format {
    name: "parquet",
    title: "Parquet",
    endings: &["parquet", "pq"],
    readable: false,
    escapes_formulas: false,
    write,
};

fn write(extract: &Extract<'_>, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let columns = extract.fields();
    let io_error = |e: ParquetError| match e {
        ParquetError::External(e) => match e.downcast::<io::Error>() {
            Ok(e) => *e,
            Err(e) => io::Error::other(e),
        },
        other => io::Error::other(other),
    };
    let mut file =
        SerializedFileWriter::new(out, schema(&columns).map_err(io_error)?, properties(&columns)).map_err(io_error)?;
    for rows in extract.rows.chunks(GROUP) {
        let rows: Vec<RowRef<'_>> = rows.iter().map(|r| extract.table.row(*r as usize)).collect();
        let group = file.next_row_group().map_err(io_error)?;
        write_group(group, &rows, &columns).map_err(io_error)?;
    }
    file.close().map_err(io_error)?;
    Ok(())
}

/// What a column is in the file.
fn physical(column: Column) -> Physical {
    match column.about().content {
        Content::Whole(_) => Physical::INT64,
        Content::Text { .. } | Content::OneOf { .. } | Content::Modalities(_) => Physical::BYTE_ARRAY,
        Content::Flag(_) => Physical::BOOLEAN,
        Content::Number(_) | Content::NumberOf(_) | Content::Picture => Physical::FLOAT,
    }
}

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let physical = physical(*column);
        let missing = physical == Physical::FLOAT;
        Type::primitive_type_builder(&column.file_name(), physical)
            .with_repetition(if missing { Repetition::OPTIONAL } else { Repetition::REQUIRED })
            .with_logical_type((physical == Physical::BYTE_ARRAY).then_some(LogicalType::String))
            .build()
            .map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    Ok(Arc::new(Type::group_type_builder("labels").with_fields(fields).build()?))
}

fn properties(columns: &[Column]) -> WriterPropertiesPtr {
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("mug ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_dictionary_enabled(false);
    let few = |c: &&Column| matches!(c.about().content, Content::OneOf { .. } | Content::Modalities(_));
    for column in columns.iter().filter(few) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column.file_name()), true);
    }
    Arc::new(properties.build())
}

fn write_group<W: Write + Send>(
    mut group: SerializedRowGroupWriter<'_, W>,
    rows: &[RowRef<'_>],
    columns: &[Column],
) -> Result<(), ParquetError> {
    for column in columns {
        match physical(*column) {
            Physical::INT64 => write_column::<Int64Type, _>(&mut group, rows, *column, |v| match v {
                Value::Whole(v) => Some(v),
                _ => None,
            }),
            Physical::BYTE_ARRAY => write_column::<ByteArrayType, _>(&mut group, rows, *column, |v| match v {
                Value::Text(text) => Some(ByteArray::from(text)),
                _ => None,
            }),
            Physical::BOOLEAN => write_column::<BoolType, _>(&mut group, rows, *column, |v| match v {
                Value::Flag(v) => Some(v),
                _ => None,
            }),
            _ => write_column::<FloatType, _>(&mut group, rows, *column, |v| match v {
                Value::Number(v) => Some(v),
                _ => None,
            }),
        }?;
    }
    group.close()?;
    Ok(())
}

fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[RowRef<'_>],
    column: Column,
    plain: impl Fn(Value<'_>) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let Some(mut writer) = group.next_column()? else {
        return Err(ParquetError::General("a column more than the schema has".into()));
    };
    let mut scratch = String::new();
    let mut values = Vec::with_capacity(rows.len());
    let mut present = Vec::with_capacity(rows.len());
    for row in rows {
        let value = plain(value(row, column, &mut scratch));
        present.push(i16::from(value.is_some()));
        values.extend(value);
    }
    // Columns that always have a value have no levels.
    let levels = (physical(column) == Physical::FLOAT).then_some(&present[..]);
    writer.typed::<T>().write_batch(&values, levels, None)?;
    writer.close()
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{Field, Row};

    use super::super::all_columns;
    use super::super::tests::difficult;
    use super::*;
    use crate::report::table::Table;

    fn read_back(table: &Table, rows: &[u32], columns: &[Column]) -> Vec<Row> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.parquet");
        Extract { table, rows, columns, escape_formulas: true }.write_file(&PARQUET, &path).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        reader.get_row_iter(None).unwrap().map(Result::unwrap).collect()
    }

    fn fields(row: &Row) -> Vec<(&str, &Field)> {
        row.get_column_iter().map(|(name, field)| (&**name, field)).collect()
    }

    #[test]
    fn another_reader_gets_texts_nulls_and_flags_back() {
        let table = difficult();
        let columns = all_columns(&table);
        let rows = read_back(&table, &[1, 0, 2], &columns);
        assert_eq!(rows.len(), 3);
        let first = fields(&rows[0]);
        assert_eq!(
            first.iter().map(|f| f.0).collect::<Vec<_>>(),
            columns.iter().map(|c| c.file_name()).collect::<Vec<_>>()
        );
        assert_eq!(first[0].1, &Field::Str("valid".into()));
        assert_eq!(first[2].1, &Field::Str("\u{1b}[2J\u{0}\t\u{7f}".into()));
        assert_eq!((first[3].1, first[4].1), (&Field::Float(-0.25), &Field::Null));
        assert_eq!((first[10].1, first[11].1), (&Field::Bool(true), &Field::Str("line\nbreak, \"q\"".into())));
        assert_eq!(fields(&rows[2])[4].1, &Field::Float(1.0 / 3.0));
        assert_eq!(fields(&rows[2])[1].1, &Field::Str(String::new()));
    }

    #[test]
    fn more_rows_than_a_group_and_none() {
        let table = difficult();
        let columns = [Column::Order, Column::Flips, Column::Label, Column::Mark];
        let many: Vec<u32> = (0..GROUP as u32 + 10).map(|i| i % 3).collect();
        let rows = read_back(&table, &many, &columns);
        assert_eq!(rows.len(), many.len());
        let wanted = [Field::Long(2), Field::Str(String::new()), Field::Null, Field::Bool(false)];
        let last = rows.iter().rposition(|r| fields(r)[0].1 == &Field::Long(2)).unwrap();
        assert!(last >= GROUP && fields(&rows[last]).into_iter().map(|f| f.1).eq(&wanted));
        assert!(read_back(&table, &[], &columns).is_empty());
    }
}
