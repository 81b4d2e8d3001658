//! Pure: decides one turn of one person: record, journeys and outreach in, a batch out.
