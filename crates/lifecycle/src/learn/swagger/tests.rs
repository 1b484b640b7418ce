use std::io::{self, Read};

use hallpass_core::FaultCode;

use super::{LARGEST, Permissions, read_swagger};

const SMALL: &str = r##"{
  "definitions": { "Queue": { "properties": { "name": { "type": "string" } } } },
  "paths": {
    "/api/v2/routing/queues": {
      "parameters": [],
      "get": {
        "tags": ["Routing"], "responses": { "200": { "schema": { "$ref": "#/definitions/Queue" } } },
        "security": [{ "PureCloud OAuth": ["routing", "routing:readonly"] }],
        "x-inin-requires-permissions": { "type": "ANY", "permissions": ["routing:queue:view"] }
      },
      "post": { "x-inin-requires-permissions": { "type": "ALL", "permissions": ["routing:queue:add", "x:y:z"] } }
    },
    "/api/v2/guest": { "get": { "security": [{ "Guest Chat JWT": [] }] } },
    "/api/v2/odd": { "get": { "x-inin-requires-permissions": { "type": "SOME", "permissions": ["a:b:c"] } } },
    "/api/v2/plain": { "get": { "x-inin-requires-permissions": { "type": "ANY", "permissions": [] } } }
  },
  "swagger": "2.0"
}"##;

#[test]
fn permissions_and_schemes_are_kept() {
    let table = read_swagger(SMALL.as_bytes(), "the file").unwrap();
    let rows: Vec<_> =
        table.rows().iter().map(|row| (row.method.as_str(), row.path.as_str(), row.by_client)).collect();
    assert_eq!(
        rows,
        [
            ("GET", "/api/v2/routing/queues", true),
            ("POST", "/api/v2/routing/queues", true),
            ("GET", "/api/v2/guest", false),
            ("GET", "/api/v2/odd", true),
            ("GET", "/api/v2/plain", true)
        ]
    );
    let needs: Vec<_> = table.rows().iter().map(|row| &row.needs).collect();
    assert_eq!(needs[0], &Permissions::Any(vec!["routing:queue:view".into()]));
    assert_eq!(needs[1], &Permissions::All(vec!["routing:queue:add".into(), "x:y:z".into()]));
    assert_eq!(needs[2..], [&Permissions::Token, &Permissions::Unstated, &Permissions::Token]);
    assert_eq!(table.rows()[0].source, "the file");
}

#[test]
fn a_base_path_is_put_before_paths_that_lack_it() {
    let based = SMALL.replace("\"swagger\"", "\"basePath\": \"/gw/\", \"swagger\"");
    let table = read_swagger(based.as_bytes(), "").unwrap();
    assert_eq!(table.rows()[0].path, "/gw/api/v2/routing/queues");
}

#[test]
fn what_is_no_such_file_is_told_and_not_quoted() {
    let no_permissions = SMALL.replace("x-inin-requires-permissions", "x-other");
    let cut = &SMALL[..SMALL.len() / 2];
    let cases = [
        ("", "not whole JSON"),
        ("canary", "not whole JSON"),
        (cut, "not whole JSON"),
        ("[1, 2]", "no swagger document"),
        ("\"canary\"", "no swagger document"),
        ("{}", "neither `swagger` nor `openapi`"),
        (r#"{"swagger": "2.0"}"#, "no operations"),
        (r#"{"swagger": "2.0", "paths": ["canary"]}"#, "no swagger document"),
        (r#"{"swagger": "2.0", "paths": {"/a": {"get": "canary"}}}"#, "no swagger document"),
        (&no_permissions, "x-inin-requires-permissions"),
    ];
    for (text, says) in cases {
        let fault = read_swagger(text.as_bytes(), "").unwrap_err();
        assert_eq!(fault.code(), FaultCode::PermissionsUnreadable, "{text}");
        assert!(fault.detail().contains(says), "{text}: {fault:?}");
        assert!(!format!("{fault:?}").contains("canary"), "{fault:?}");
    }
}

/// As many bytes as are wanted, without holding them.
struct Stream {
    head: io::Cursor<Vec<u8>>,
    filler: u64,
    tail: io::Cursor<Vec<u8>>,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.head.read(buffer)?;
        if read > 0 {
            return Ok(read);
        }
        if self.filler == 0 {
            return self.tail.read(buffer);
        }
        let length = buffer.len().min(usize::try_from(self.filler).unwrap_or(usize::MAX));
        buffer[..length].fill(b'x');
        self.filler -= length as u64;
        Ok(length)
    }
}

fn padded(filler: u64) -> Stream {
    let (head, tail) = SMALL.split_once("\"definitions\"").unwrap();
    Stream {
        head: io::Cursor::new(format!("{head}\"canary\": \"").into_bytes()),
        filler,
        tail: io::Cursor::new(format!("\", \"definitions\"{tail}").into_bytes()),
    }
}

#[test]
fn a_large_file_is_read_as_it_comes_and_an_endless_one_is_not() {
    // Twice the size of the vendor's: the test would show in memory and in time if it were held.
    assert_eq!(read_swagger(padded(40 * 1024 * 1024), "").unwrap().rows().len(), 5);
    let fault = read_swagger(padded(LARGEST), "").unwrap_err();
    assert!(fault.detail().contains("larger than 256 MiB"), "{fault:?}");
}

#[test]
fn a_reader_that_fails_is_told() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("a disk"))
        }
    }
    assert_eq!(read_swagger(Broken, "").unwrap_err().code(), FaultCode::PermissionsUnreadable);
}

#[test]
fn too_many_operations_are_refused() {
    let many: Vec<String> =
        (0..=super::MOST_ROWS).map(|n| format!("\"/a/{n}\": {{ \"get\": {{}} }}")).collect();
    let text = format!("{{\"swagger\": \"2.0\", \"paths\": {{{}}}}}", many.join(","));
    let fault = read_swagger(text.as_bytes(), "").unwrap_err();
    assert!(fault.detail().contains("more operations"), "{fault:?}");
}
