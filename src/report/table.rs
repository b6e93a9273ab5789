//! Tables as the Azure CLI prints them (`-o table`): dashes underneath the head, two spaces between
//! columns.

/// A table of texts.
#[derive(Debug, Clone)]
pub(super) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(super) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, a text for each column.
    pub(super) fn row(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The text, each line after `indent`. Columns in which nothing stands are left out.
    pub(super) fn render(&self, indent: &str) -> String {
        let widths: Vec<Option<usize>> = (0..self.head.len()).map(|at| self.width(at)).collect();
        let mut out = String::new();
        let head: Vec<String> = self.head.iter().map(ToString::to_string).collect();
        let dashes: Vec<String> = widths
            .iter()
            .map(|width| "-".repeat(width.unwrap_or(0)))
            .collect();
        for row in [&head, &dashes].into_iter().chain(&self.rows) {
            let mut line = indent.to_owned();
            for (cell, width) in row.iter().zip(&widths) {
                let Some(width) = width else { continue };
                line.push_str(cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.chars().count()) + 2));
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// A column's width; none where nothing stands in it. The head has two more, as the Azure CLI has it.
    fn width(&self, at: usize) -> Option<usize> {
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        let head = self.head.get(at).map_or(0, |head| head.len() + 2);
        (widest > 0 || self.rows.is_empty()).then_some(widest.max(head))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn like_the_azure_cli() {
        let mut table = Table::new(&["Source", "State", "Why", "Next Hop Type"]);
        table.row(vec![
            "Default".into(),
            "Active".into(),
            String::new(),
            "VnetLocal".into(),
        ]);
        assert_eq!(
            table.render(""),
            "Source    State    Next Hop Type\n--------  -------  ---------------\nDefault   Active   VnetLocal\n"
        );
    }
}
