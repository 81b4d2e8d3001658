//! The PostgreSQL family over its protocol.
//!
//! A connection brings its own single-threaded runtime and is driven by whoever blocks on it, so no
//! thread stands between the store and the socket. Steps go out in a pipeline.

use super::{Cells, Row, Sql, Steps, Val};
use crate::{Error, Result};
use std::collections::HashMap;
use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage, Statement};

/// Statements that are under way at once on one connection.
const PIPELINE_MAX: usize = 512;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = std::result::Result<T, tokio_postgres::Error>> + 'a>>;

/// A connection.
pub(crate) struct Postgres {
    /// `None` only while it is dropped.
    runtime: Option<tokio::runtime::Runtime>,
    url: String,
    client: Client,
    statements: HashMap<&'static str, Statement>,
    /// A `BEGIN` that goes out with the first steps.
    begin: Option<&'static str>,
    /// Whether a transaction is open.
    open: bool,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A runtime must not be waited for where waiting is forbidden, as in a task.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn connect(runtime: &tokio::runtime::Runtime, url: &str) -> Result<Client> {
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(said)?;
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::warn!(error.message = %e, "a connection to PostgreSQL ended");
            }
        });
        Ok(client)
    })
}

/// What the engine said. Its detail may show values of rows, so only code and message are kept.
fn said(e: tokio_postgres::Error) -> Error {
    match e.as_db_error() {
        Some(db) => {
            let text = format!("{} ({})", db.message(), db.code().code());
            if matches!(db.code().code(), "40001" | "40P01") { Error::Again(text) } else { Error::Engine(text) }
        }
        None => Error::Engine(e.source().map_or_else(|| e.to_string(), |why| format!("{e}: {why}"))),
    }
}

/// Sends all, in order, before it waits for the first; answers come in the same order.
async fn pipeline<T>(mut all: Vec<Boxed<'_, T>>) -> Result<Vec<T>> {
    let mut early = Vec::with_capacity(all.len());
    poll_fn(|cx| {
        for one in &mut all {
            early.push(match one.as_mut().poll(cx) {
                Poll::Ready(out) => Some(out),
                Poll::Pending => None,
            });
        }
        Poll::Ready(())
    })
    .await;
    let mut out = Vec::with_capacity(all.len());
    let mut wrong = None;
    for (one, early) in all.into_iter().zip(early) {
        let answer = match early {
            Some(answer) => answer,
            None => one.await,
        };
        match answer {
            Ok(answer) => out.push(answer),
            // The first error is the cause; what follows it only says that the transaction is over.
            Err(e) => wrong = wrong.or(Some(said(e))),
        }
    }
    wrong.map_or(Ok(out), Err)
}

impl Postgres {
    pub(crate) fn connect(url: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::Engine(e.to_string()))?;
        let client = connect(&runtime, url)?;
        Ok(Self {
            runtime: Some(runtime),
            url: url.to_owned(),
            client,
            statements: HashMap::new(),
            begin: None,
            open: false,
        })
    }

    fn block_on<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let runtime = self.runtime.as_ref().ok_or_else(|| Error::Engine("the connection is closed".into()))?;
        Ok(runtime.block_on(work))
    }

    /// Notes that a transaction begins. A connection that was lost is made anew here, where nothing
    /// is under way.
    pub(crate) fn begin(&mut self, how: &'static str) -> Result<()> {
        self.begin = None;
        self.revive()?;
        self.begin = Some(how);
        self.open = true;
        Ok(())
    }

    /// Sends the `BEGIN` that waits.
    pub(crate) fn begin_now(&mut self) -> Result<()> {
        let Some(begin) = self.begin.take() else { return Ok(()) };
        self.block_on(self.client.batch_execute(begin))?.map_err(said)
    }

    fn revive(&mut self) -> Result<()> {
        // The connection is only driven while someone blocks on it: let it see that it was closed.
        // One turn hears from the socket, the next lets the connection act on it.
        self.block_on(async {
            for _ in 0..2 {
                tokio::task::yield_now().await;
            }
        })?;
        if self.client.is_closed()
            && let Some(runtime) = &self.runtime
        {
            self.client = connect(runtime, &self.url)?;
            self.statements.clear();
        }
        Ok(())
    }

    pub(crate) fn batch(&mut self, sql: &str) -> Result<()> {
        if matches!(sql, "COMMIT" | "ROLLBACK") {
            self.open = false;
        }
        if self.begin.take().is_some() {
            // Nothing was sent since: there is nothing to end.
            return Ok(());
        }
        self.block_on(self.client.batch_execute(sql))?.map_err(said)
    }

    fn prepare(&mut self, steps: &Steps<'_>) -> Result<()> {
        for (sql, _) in steps.iter() {
            if !self.statements.contains_key(sql.text) {
                let statement = self.block_on(self.client.prepare(sql.text))?.map_err(said)?;
                self.statements.insert(sql.text, statement);
            }
        }
        Ok(())
    }

    fn statement(&self, sql: &Sql) -> Result<&Statement> {
        self.statements.get(sql.text).ok_or_else(|| Error::Engine("a statement is not prepared".into()))
    }

    fn start(&mut self, steps: &Steps<'_>) -> Result<()> {
        if !self.open {
            self.revive()?;
        }
        self.prepare(steps)
    }

    pub(crate) fn run(&mut self, steps: &Steps<'_>) -> Result<Vec<u64>> {
        self.start(steps)?;
        let begin = self.begin.take();
        let this: &Self = self;
        let mut out = Vec::with_capacity(steps.len() + 1);
        let all: Vec<_> = steps.iter().collect();
        for (n, chunk) in all.chunks(PIPELINE_MAX).enumerate() {
            let mut futures: Vec<Boxed<'_, u64>> = Vec::with_capacity(chunk.len() + 1);
            if let (0, Some(begin)) = (n, begin) {
                futures.push(Box::pin(this.begun(begin)));
            }
            for (sql, vals) in chunk {
                let statement = this.statement(sql)?;
                futures.push(Box::pin(async move {
                    let rows = this.client.execute_raw(statement, vals.iter()).await?;
                    Ok(rows)
                }));
            }
            out.extend(this.block_on(pipeline(futures))??);
        }
        Ok(out.split_off(usize::from(begin.is_some())))
    }

    async fn begun(&self, begin: &'static str) -> std::result::Result<u64, tokio_postgres::Error> {
        let _: Vec<SimpleQueryMessage> = self.client.simple_query(begin).await?;
        Ok(0)
    }

    pub(crate) fn query(
        &mut self,
        steps: &Steps<'_>,
        each: &mut dyn FnMut(usize, &Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.start(steps)?;
        let begin = self.begin.take();
        let this: &Self = self;
        let all: Vec<_> = steps.iter().collect();
        let mut place = 0;
        for (n, chunk) in all.chunks(PIPELINE_MAX).enumerate() {
            let mut futures: Vec<Boxed<'_, Vec<tokio_postgres::Row>>> = Vec::with_capacity(chunk.len() + 1);
            let mut skip = 0;
            if let (0, Some(begin)) = (n, begin) {
                futures.push(Box::pin(async { this.begun(begin).await.map(|_| Vec::new()) }));
                skip = 1;
            }
            for (sql, vals) in chunk {
                let statement = this.statement(sql)?;
                futures.push(Box::pin(async move {
                    let params: Vec<&(dyn ToSql + Sync)> = vals.iter().map(|v| v as &(dyn ToSql + Sync)).collect();
                    this.client.query(statement, &params).await
                }));
            }
            let answers = this.block_on(pipeline(futures))??;
            for ((sql, _), rows) in chunk.iter().zip(answers.into_iter().skip(skip)) {
                for row in &rows {
                    each(place, &Row { cells: Cells::Postgres(row), table: sql.table })?;
                }
                place += 1;
            }
        }
        Ok(())
    }
}

/// An integer column of any width.
pub(crate) struct AnyInt(pub i64);

impl<'a> FromSql<'a> for AnyInt {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT2 => i64::from(i16::from_sql(ty, raw)?),
            Type::INT4 => i64::from(i32::from_sql(ty, raw)?),
            _ => i64::from_sql(ty, raw)?,
        }))
    }
    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8)
    }
}

impl ToSql for Val<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Val::Null => Ok(IsNull::Yes),
            Val::Int(v) => match *ty {
                Type::INT2 => i16::try_from(*v)?.to_sql(ty, out),
                Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
                Type::INT8 => v.to_sql(ty, out),
                _ => Err(format!("an integer cannot be sent as {ty}").into()),
            },
            // PostgreSQL stores no NUL in text.
            Val::Text(v) if v.contains('\0') => v.replace('\0', "").to_sql(ty, out),
            Val::Text(v) => v.as_ref().to_sql(ty, out),
            Val::Bytes(v) => v.as_ref().to_sql(ty, out),
            Val::Id(v) => v.as_slice().to_sql(ty, out),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    tokio_postgres::types::to_sql_checked!();
}
