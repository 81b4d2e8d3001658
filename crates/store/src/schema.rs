//! The schema and its migrations: numbered, embedded, recorded in `meta`.

use crate::driver::{Session, Sql, Steps};
use crate::{Error, Result};
use model::PARTS;

/// The schema that this Throughline reads and writes.
pub const SCHEMA: i64 = 15;

/// Each migration, in order; the first makes version 1.
const MIGRATIONS: [&str; SCHEMA as usize] = [
    include_str!("../migrations/0001_base.sql"),
    include_str!("../migrations/0002_face.sql"),
    include_str!("../migrations/0003_prompts.sql"),
    include_str!("../migrations/0004_people.sql"),
    include_str!("../migrations/0005_flow.sql"),
    include_str!("../migrations/0006_refused.sql"),
    include_str!("../migrations/0007_access.sql"),
    include_str!("../migrations/0008_change.sql"),
    include_str!("../migrations/0009_service.sql"),
    include_str!("../migrations/0010_places.sql"),
    include_str!("../migrations/0011_shadow.sql"),
    include_str!("../migrations/0012_gates.sql"),
    include_str!("../migrations/0013_unknown.sql"),
    include_str!("../migrations/0014_sent_at.sql"),
    include_str!("../migrations/0015_also_at.sql"),
];

static META_SQLITE: Sql = Sql::new("meta", "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'");
static META_POSTGRES: Sql = Sql::new(
    "meta",
    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'meta'",
);
static META_GET: Sql = Sql::new("meta", "SELECT value FROM meta WHERE name = $1");
static META_PUT: Sql = Sql::new(
    "meta",
    "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
);
static PART_ADD: Sql = Sql::new(
    "part",
    "INSERT INTO part (part, epoch, inbox_next, handoff_next, groups) VALUES ($1, 0, 1, 1, 0) ON CONFLICT DO NOTHING",
);
static VERSION_SQLITE: Sql = Sql::new("engine", "SELECT sqlite_version()");
static VERSION_POSTGRES: Sql = Sql::new("engine", "SELECT current_setting('server_version')");

/// The engine's own version.
pub(crate) fn engine_version(session: &mut Session) -> Result<String> {
    let sql = if sqlite(session) { &VERSION_SQLITE } else { &VERSION_POSTGRES };
    Ok(session.first(sql, [], |row| row.string(0))?.unwrap_or_default())
}

fn sqlite(session: &Session) -> bool {
    matches!(session, Session::Sqlite(_))
}

/// The SQL of a migration in the engine's own types.
fn in_dialect(text: &str, sqlite: bool) -> String {
    let words = if sqlite {
        [
            ("{int}", "INTEGER"),
            ("{small}", "INTEGER"),
            ("{blob}", "BLOB"),
            ("{text}", "TEXT"),
            ("{rows}", "STRICT"),
            ("{keyed}", "STRICT, WITHOUT ROWID"),
        ]
    } else {
        [
            ("{int}", "BIGINT"),
            ("{small}", "SMALLINT"),
            ("{blob}", "BYTEA"),
            ("{text}", "TEXT COLLATE \"C\""),
            ("{rows}", ""),
            ("{keyed}", ""),
        ]
    };
    // Braces in comments are left alone: only statements are sent.
    let statements: String = text.lines().filter(|l| !l.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    words.iter().fold(statements, |text, (word, with)| text.replace(word, with))
}

/// What is there: 0 for an empty store.
fn found(session: &mut Session) -> Result<i64> {
    let sql = if sqlite(session) { &META_SQLITE } else { &META_POSTGRES };
    if session.first(sql, [], |row| row.int(0))?.unwrap_or_default() == 0 {
        return Ok(0);
    }
    let schema = meta(session, "schema")?;
    let parts = meta(session, "parts")?;
    if parts != i64::from(PARTS) {
        return Err(Error::Schema(format!("this store has {parts} parts and this Throughline was built for {PARTS}")));
    }
    Ok(schema)
}

fn meta(session: &mut Session, name: &'static str) -> Result<i64> {
    let value = session.first(&META_GET, [name.into()], |row| row.string(0))?;
    value
        .and_then(|v| v.parse().ok())
        .ok_or_else(|| Error::Damaged { table: "meta", why: format!("`{name}` is missing or no number") })
}

/// Brings the store to `wanted` when `migrate` is set, each step in its own transaction; otherwise
/// says what to run.
pub(crate) fn bring_to(session: &mut Session, migrate: bool, wanted: i64) -> Result<()> {
    let found = found(session)?;
    if found > wanted {
        return Err(Error::Schema(format!(
            "the store has schema {found} and this Throughline knows up to {wanted}: run the newer Throughline"
        )));
    }
    if found < wanted && !migrate {
        let is = if found == 0 { "has no schema yet".to_owned() } else { format!("has schema {found}") };
        return Err(Error::Schema(format!("the store {is} and schema {wanted} is needed: run `throughline migrate`")));
    }
    let is_sqlite = sqlite(session);
    for (number, text) in (1..).zip(MIGRATIONS).filter(|(n, _)| *n > found && *n <= wanted) {
        let sql = in_dialect(text, is_sqlite);
        session.write(|session| migrate_one(session, number, &sql, is_sqlite))?;
        tracing::info!(schema.version = number, "the store was migrated");
    }
    Ok(())
}

fn migrate_one(session: &mut Session, number: i64, sql: &str, is_sqlite: bool) -> Result<()> {
    session.start()?;
    if number == 1 {
        let meta = "CREATE TABLE meta (name {text} NOT NULL, value {text} NOT NULL, PRIMARY KEY (name)) {keyed}";
        session.batch(&in_dialect(meta, is_sqlite))?;
        session.run(&Steps::one(&META_PUT, ["parts".into(), PARTS.to_string().into()]))?;
    }
    session.batch(sql)?;
    let mut steps = Steps::one(&META_PUT, ["schema".into(), number.to_string().into()]);
    for part in 0..PARTS {
        steps.add(&PART_ADD, [part.into()]);
    }
    session.run(&steps).map(drop)
}
