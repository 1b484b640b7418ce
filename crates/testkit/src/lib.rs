//! Test machinery that knows none of the types of hallpass: case folders, processes, snapshots.
