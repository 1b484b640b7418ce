use hallpass_core::{EntryName, Fault, FaultCode};

use super::{JournalFault, Record, SCHEMA, Tail, read_journal, record_line, sum_of};
use crate::rotation::event::{Begun, Event, Order};
use crate::rotation::time::WallTime;

fn entry() -> EntryName {
    "queue-sync".parse().unwrap()
}

fn record(sequence: u64) -> Record {
    let begun = Begun { holder: "here/1".into(), order: Order::Run, id: "a\"}\n".into() };
    let event = if sequence.is_multiple_of(2) { Event::Begun(begun) } else { Event::Waited };
    Record { schema: SCHEMA, sequence, at: WallTime::default(), entry: entry(), event }
}

fn lines(count: u64) -> Vec<u8> {
    (0..count).flat_map(|sequence| record_line(&record(sequence)).into_bytes()).collect()
}

#[test]
fn what_was_written_is_read() {
    let read = read_journal(&lines(5), &entry()).unwrap();
    assert_eq!(read.records, (0..5).map(record).collect::<Vec<_>>());
    assert_eq!(read.tail, Tail::Whole);
    assert_eq!(read_journal(&[], &entry()).unwrap().records, []);
}

#[test]
fn a_cut_at_any_byte_leaves_the_whole_lines_before_it() {
    let whole = lines(4);
    for end in 0..=whole.len() {
        let read = read_journal(&whole[..end], &entry()).unwrap();
        let lines = whole[..end].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(read.records.len(), lines, "{end}");
        assert_eq!(read.tail == Tail::Whole, end == 0 || whole[end - 1] == b'\n', "{end}");
    }
}

#[test]
fn a_flipped_bit_is_never_read_as_something_else() {
    let whole = lines(3);
    let good = read_journal(&whole, &entry()).unwrap().records;
    for index in 0..whole.len() {
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[index] ^= 1 << bit;
            match read_journal(&damaged, &entry()) {
                Ok(read) => assert!(good.starts_with(&read.records), "{index}.{bit}"),
                Err(fault) => assert!(matches!(fault, JournalFault::Damaged(_)), "{index}.{bit}: {fault:?}"),
            }
        }
    }
}

#[test]
fn a_newer_schema_another_entry_and_a_gap_are_refused() {
    let newer = r#"{"schema":2,"what":"ever"}"#;
    let line = format!("{}{newer}}}\n", format_args!("{{\"sum\":\"{}\",\"record\":", sum_of(newer)));
    assert_eq!(read_journal(line.as_bytes(), &entry()), Err(JournalFault::Newer(1, 2)));
    let another: EntryName = "billing".parse().unwrap();
    assert_eq!(read_journal(&lines(1), &another), Err(JournalFault::Another(entry())));
    let gap = [lines(1), record_line(&record(2)).into_bytes()].concat();
    assert_eq!(read_journal(&gap, &entry()), Err(JournalFault::Gap(2)));
    let fault = Fault::from(JournalFault::Another(entry()));
    assert_eq!(
        (fault.code(), fault.detail()),
        (FaultCode::JournalUnreadable, "it is the journal of `queue-sync`")
    );
}
