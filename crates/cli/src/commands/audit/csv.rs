//! A table that spreadsheets read (RFC 4180), and that does nothing there but be read.

/// One row, with its line end.
pub(super) fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

fn cell(text: &str) -> String {
    // A spreadsheet takes what begins like this for a formula, which may send the sheet's content elsewhere (OWASP, "CSV injection").
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', ';']) || text.starts_with(' ') || text.ends_with(' ') {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::row;

    #[test]
    fn a_cell_is_quoted_where_it_must_be_and_is_no_formula() {
        assert_eq!(row(["a", "b,c", "d\"e", "=1+1", ""]), "a,\"b,c\",\"d\"\"e\",'=1+1,\r\n");
        assert_eq!(row(["@SUM(A1)", "-2", "x\ny"]), "'@SUM(A1),'-2,\"x\ny\"\r\n");
    }
}
