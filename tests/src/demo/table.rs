//! Rows of text in aligned columns.

use std::fmt;

/// The widest that a cell is shown, in characters.
const CELL_CHARS_MAX: usize = 76;

/// Rows of text in aligned columns, with a heading.
#[derive(Debug)]
pub(super) struct Table(Vec<Vec<String>>);

impl Table {
    pub fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self(vec![heading.map(str::to_owned).to_vec()])
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.map(shortened).to_vec());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or_default();
        let width =
            |column: usize| self.0.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
        for row in &self.0 {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(&format!("{cell:<width$}  "));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn shortened(cell: String) -> String {
    match cell.char_indices().nth(CELL_CHARS_MAX) {
        Some(_) => cell.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect(),
        None => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_are_aligned_by_characters_and_long_cells_are_cut() {
        let mut table = Table::new(["A", "B"]);
        table.row(["ünï".to_owned(), "x".to_owned()]);
        table.row(["y".repeat(100), "z".to_owned()]);
        let text = table.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].find('B'), Some(78));
        assert_eq!(lines[1].chars().position(|c| c == 'x'), Some(78));
        assert!(lines[2].contains("yy…  z"));
    }
}
