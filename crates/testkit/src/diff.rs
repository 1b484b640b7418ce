//! The difference of two texts, line by line, as people read it.

/// Above this many lines in both texts together the exact search would take too long to be worth it.
const EXACT_LIMIT: usize = 4_000;

/// How many equal lines are shown around a change.
const CONTEXT: usize = 3;

/// Shows `expected` against `actual`: `-` was expected, `+` came instead.
///
/// A line that differs in what one cannot see is shown with its white space spelled out.
pub(crate) fn lines(expected: &str, actual: &str) -> String {
    let (left, right) = (split(expected), split(actual));
    let edits =
        if left.len() + right.len() > EXACT_LIMIT { coarse(&left, &right) } else { exact(&left, &right) };
    let mut shown = String::new();
    let mut gap = false;
    for (index, edit) in edits.iter().enumerate() {
        if !near_change(&edits, index) {
            gap = true;
            continue;
        }
        if std::mem::take(&mut gap) {
            shown.push_str("  ...\n");
        }
        let (sign, line) = match edit {
            Edit::Same(line) => (' ', visible(line, false)),
            Edit::Expected(line) => ('-', visible(line, true)),
            Edit::Actual(line) => ('+', visible(line, true)),
        };
        shown.push_str(&format!("{sign} {line}\n"));
    }
    shown
}

/// One line of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit<'text> {
    Same(&'text str),
    Expected(&'text str),
    Actual(&'text str),
}

/// Lines with their ends, so that a missing last newline is a difference.
fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn near_change(edits: &[Edit<'_>], index: usize) -> bool {
    let from = index.saturating_sub(CONTEXT);
    let to = (index + CONTEXT + 1).min(edits.len());
    edits[from..to].iter().any(|edit| !matches!(edit, Edit::Same(_)))
}

fn visible(line: &str, changed: bool) -> String {
    let Some(body) = line.strip_suffix('\n') else { return format!("{line}\\ no newline at the end") };
    let hidden =
        body.ends_with([' ', '\t', '\r']) || body.chars().any(|letter| letter.is_control() && letter != '\t');
    if changed && hidden { format!("{}$", body.escape_debug()) } else { body.to_owned() }
}

/// The longest common subsequence, by the table everybody knows.
fn exact<'text>(left: &[&'text str], right: &[&'text str]) -> Vec<Edit<'text>> {
    let width = right.len() + 1;
    let mut common = vec![0_u32; (left.len() + 1) * width];
    for (row, a) in left.iter().enumerate().rev() {
        for (column, b) in right.iter().enumerate().rev() {
            let below = common[(row + 1) * width + column];
            let beside = common[row * width + column + 1];
            common[row * width + column] =
                if a == b { common[(row + 1) * width + column + 1] + 1 } else { below.max(beside) };
        }
    }
    let (mut row, mut column, mut edits) = (0, 0, Vec::new());
    while row < left.len() && column < right.len() {
        if left[row] == right[column] {
            edits.push(Edit::Same(left[row]));
            (row, column) = (row + 1, column + 1);
        } else if common[(row + 1) * width + column] >= common[row * width + column + 1] {
            edits.push(Edit::Expected(left[row]));
            row += 1;
        } else {
            edits.push(Edit::Actual(right[column]));
            column += 1;
        }
    }
    edits.extend(left[row..].iter().map(|line| Edit::Expected(line)));
    edits.extend(right[column..].iter().map(|line| Edit::Actual(line)));
    edits
}

/// For long texts: what is equal at both ends is equal, everything between is different.
fn coarse<'text>(left: &[&'text str], right: &[&'text str]) -> Vec<Edit<'text>> {
    let head = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let (left_rest, right_rest) = (&left[head..], &right[head..]);
    let tail = left_rest.iter().rev().zip(right_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let mut edits: Vec<_> = left[..head].iter().map(|line| Edit::Same(line)).collect();
    edits.extend(left_rest[..left_rest.len() - tail].iter().map(|line| Edit::Expected(line)));
    edits.extend(right_rest[..right_rest.len() - tail].iter().map(|line| Edit::Actual(line)));
    edits.extend(left_rest[left_rest.len() - tail..].iter().map(|line| Edit::Same(line)));
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_is_shown_with_its_neighbours() {
        let expected = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let actual = "1\n2\n3\n4\n5\nsix\n7\n8\n9\n";
        assert_eq!(lines(expected, actual), "  ...\n  3\n  4\n  5\n- 6\n+ six\n  7\n  8\n  9\n");
    }

    #[test]
    fn equal_texts_show_nothing() {
        assert_eq!(lines("a\nb\n", "a\nb\n"), "");
    }

    #[test]
    fn a_missing_newline_is_a_difference() {
        assert_eq!(lines("a\n", "a"), "- a\n+ a\\ no newline at the end\n");
    }

    #[test]
    fn white_space_at_the_end_is_spelled_out() {
        assert_eq!(lines("a\n", "a \r\n"), "- a\n+ a \\r$\n");
    }

    #[test]
    fn a_long_text_is_compared_from_both_ends() {
        let expected = "same\n".repeat(3_000);
        let actual = format!("{}new\n{}", "same\n".repeat(1_500), "same\n".repeat(1_500));
        let shown = lines(&expected, &actual);
        assert_eq!(shown.lines().filter(|line| line.starts_with('+')).count(), 1, "{shown}");
        assert_eq!(shown.lines().filter(|line| line.starts_with('-')).count(), 0, "{shown}");
    }
}
