//! Statements that insert several rows at once: a round trip and a parse per hundred rows, not
//! per row.

use crate::Database;
use sqlx::AssertSqlSafe;

/// An insert whose number of rows is chosen at run time. Its parts are constants, so no data can
/// get into the text.
pub(crate) struct Insert {
    /// Up to and with `VALUES`.
    pub head: &'static str,
    /// Columns per row.
    pub columns: usize,
    /// What follows the rows.
    pub tail: &'static str,
}

impl Insert {
    /// The statement for `rows` rows, its placeholders in row order.
    ///
    /// SQLite gets nameless ones: it looks a `$1` up by walking the list of all names, which makes
    /// a statement of thousands of them twenty times slower than its rows are worth.
    pub fn sql(&self, rows: usize, database: Database) -> AssertSqlSafe<String> {
        let mut sql = String::with_capacity(self.head.len() + self.tail.len() + rows * self.columns * 7);
        sql.push_str(self.head);
        for row in 0..rows {
            for column in 0..self.columns {
                sql.push_str(match (row, column) {
                    (0, 0) => " (",
                    (_, 0) => "), (",
                    _ => ", ",
                });
                match database {
                    Database::Sqlite => sql.push('?'),
                    Database::Postgres => {
                        sql.push('$');
                        sql.push_str(&(row * self.columns + column + 1).to_string());
                    }
                }
            }
        }
        sql.push_str(") ");
        sql.push_str(self.tail);
        AssertSqlSafe(sql)
    }
}
