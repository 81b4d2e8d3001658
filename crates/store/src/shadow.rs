//! Reads of what versions in shadow would have done.

use crate::driver::{Row, Sql, Steps};
use crate::{Result, Store};
use model::shadow::{Side, Wish};
use model::{JourneyId, PARTS, PersonId, Would};

static COUNTS: Sql = Sql::new("shadow_count", "SELECT n FROM shadow_count WHERE part = $1 AND number = $2");
static ROWS: Sql = Sql::new(
    "shadow_would",
    "SELECT person, side, at, site, journey, step, about, wish, what, due FROM shadow_would
     WHERE part = $1 AND number = $2 ORDER BY person, seq LIMIT $3",
);
static ONE: Sql = Sql::new(
    "shadow_would",
    "SELECT person, side, at, site, journey, step, about, wish, what, due FROM shadow_would
     WHERE part = $1 AND number = $2 AND person = $3 ORDER BY seq LIMIT $4",
);

/// Rows that are kept of one shadow: each part keeps its share; what is beyond is counted only.
pub const SHADOW_ROWS_MAX: i64 = 200_000;

/// Something that a side wanted for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WouldRow {
    /// For whom.
    pub person: PersonId,
    /// What.
    pub would: Would,
}

fn would(row: &Row<'_>, shadow: i64) -> Result<WouldRow> {
    let would = Would {
        shadow,
        side: row.named(1, Side::named)?,
        at: row.at(2)?,
        site: row.string(3)?,
        journey: JourneyId(row.id(4)?),
        step: row.string(5)?,
        about: row.string(6)?,
        wish: row.named(7, Wish::named)?,
        what: row.string(8)?,
        due: row.opt_int(9)?.map(model::At),
    };
    Ok(WouldRow { person: row.person(0)?, would })
}

impl Store {
    /// How many rows a shadow told, those beyond the bound among them.
    pub fn shadow_counted(&self, number: i64) -> Result<i64> {
        let mut steps = Steps::new();
        (0..PARTS).for_each(|part| steps.add(&COUNTS, [part.into(), number.into()]));
        let mut sum = 0;
        self.reading(|session| {
            session.query(&steps, |_, row| {
                sum += row.int(0)?;
                Ok(())
            })
        })?;
        Ok(sum)
    }

    /// The rows of a shadow in one part, person by person, in the order in which they were told.
    pub fn shadow_part(&self, number: i64, part: u16) -> Result<Vec<WouldRow>> {
        let limit = SHADOW_ROWS_MAX / i64::from(PARTS) + 1;
        self.reading(|session| {
            session.rows(&ROWS, [part.into(), number.into(), limit.into()], |row| would(row, number))
        })
    }

    /// The rows of a shadow about one person, in the order in which they were told.
    pub fn shadow_of(&self, number: i64, person: PersonId) -> Result<Vec<WouldRow>> {
        let limit = SHADOW_ROWS_MAX / i64::from(PARTS) + 1;
        let key = [person.part().into(), number.into(), person.into(), limit.into()];
        self.reading(|session| session.rows(&ONE, key, |row| would(row, number)))
    }
}
