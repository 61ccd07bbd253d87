//! Matching a divided pattern: who gets which piece of the text.
//!
//! A part is offered a piece of text that its machine accepts; it divides the piece among its own
//! parts, by its preference, and each confirms its share. The first division that holds is kept:
//! if a later reference then fails, the piece is cut elsewhere, but the same piece is not divided
//! anew. That is PostgreSQL's bargain, and it decides which texts match.
//!
//! Recursion is as deep as the pattern, not the text; time is bounded by the budget of the
//! machine.

use super::fault::StepsSpent;
use super::fold;
use super::machine::Machine;
use super::parts::{Division, Form};
use super::syntax::UNBOUNDED;

/// What a visit to a part costs, of the budget of the machine.
const CONFIRM_STEPS: u64 = 8;

/// One attempt to match a text.
pub(super) struct Dissection<'a> {
    pub(super) division: &'a Division,
    pub(super) machine: &'a mut Machine,
    pub(super) chars: &'a [char],
    /// What every group captured: start and end, in characters.
    pub(super) captured: Vec<Option<(usize, usize)>>,
    pub(super) ignore_case: bool,
}

type Answer = Result<bool, StepsSpent>;

impl Dissection<'_> {
    /// Whether the pattern matches anywhere in the text.
    pub(super) fn matches(&mut self) -> Answer {
        let end = self.chars.len();
        let mut from = 0;
        loop {
            let found = self.machine.shortest(self.division.search, from, from, end)?;
            let Some(close) = found else {
                return Ok(false);
            };
            for begin in from..=close {
                if self.matches_from(begin)? {
                    return Ok(true);
                }
            }
            from = close + 1;
            // Not a slip: PostgreSQL gives up here without a look at the empty end.
            if from >= end {
                return Ok(false);
            }
        }
    }

    /// Tries every end of a match that starts at `begin`.
    fn matches_from(&mut self, begin: usize) -> Answer {
        let whole = self.division.whole;
        let (mut least, mut most) = (begin, self.chars.len());
        let shortest = self.division.parts[whole].traits.shortest;
        loop {
            let end = self.measure(whole, shortest, begin, least, most)?;
            let Some(end) = end else {
                return Ok(false);
            };
            if self.confirm(whole, begin, end)? {
                return Ok(true);
            }
            if end == if shortest { most } else { begin } {
                return Ok(false);
            }
            if shortest { least = end + 1 } else { most = end - 1 }
        }
    }

    /// Where the part, put at `begin`, could end between `least` and `most`: first or last place.
    fn measure(
        &mut self,
        part: usize,
        shortest: bool,
        begin: usize,
        least: usize,
        most: usize,
    ) -> Result<Option<usize>, StepsSpent> {
        let it = &self.division.parts[part];
        if let Form::Back { group, least: fewest, most: often } = it.form
            && let Some(text) = self.captured[group as usize]
        {
            return self.measure_back(text, (fewest, often), shortest, begin, least, most);
        }
        if shortest {
            self.machine.shortest(it.program, begin, least, most)
        } else {
            self.machine.longest(it.program, begin, most)
        }
    }

    /// The same for a reference to a known text: count how often the text stands there.
    fn measure_back(
        &mut self,
        text: (usize, usize),
        (fewest, often): (u32, u32),
        shortest: bool,
        begin: usize,
        least: usize,
        most: usize,
    ) -> Result<Option<usize>, StepsSpent> {
        let size = text.1 - text.0;
        if size == 0 {
            return Ok((begin >= least).then_some(begin));
        }
        let often = if often == UNBOUNDED { usize::MAX } else { often as usize };
        let rounds = often.min((most - begin) / size);
        let enough = (fewest as usize).max(least.saturating_sub(begin).div_ceil(size));
        let mut round = 0;
        while round < rounds && !(shortest && round >= enough) {
            if !self.same(text, begin + round * size)? {
                break;
            }
            round += 1;
        }
        Ok((round >= enough).then_some(begin + round * size))
    }

    /// Whether a captured text stands at a place, which has room for it.
    fn same(&mut self, text: (usize, usize), at: usize) -> Answer {
        let size = text.1 - text.0;
        self.machine.steps = self.machine.steps.checked_sub(size as u64 + CONFIRM_STEPS).ok_or(StepsSpent)?;
        let mut pairs = self.chars[text.0..text.1].iter().zip(&self.chars[at..at + size]);
        let lower = |c: &char| fold::lower(u32::from(*c));
        Ok(pairs.all(|(one, other)| one == other || self.ignore_case && lower(one) == lower(other)))
    }

    /// Confirms a piece that the machine of the part accepts, capturing what there is to capture.
    fn confirm(&mut self, part: usize, begin: usize, end: usize) -> Answer {
        self.machine.steps = self.machine.steps.checked_sub(CONFIRM_STEPS).ok_or(StepsSpent)?;
        let it = &self.division.parts[part];
        let confirmed = match &it.form {
            Form::Leaf => true,
            Form::Back { group, least, most } => self.confirm_back(*group, *least, *most, begin, end)?,
            Form::Chain(one, other) => self.confirm_chain(*one, *other, begin, end)?,
            Form::Choice(parts) => self.confirm_choice(parts, begin, end)?,
            Form::Repeat { part, least, most } => self.confirm_repeat(*part, *least, *most, begin, end)?,
            Form::Wrapped(inner) => self.confirm(*inner, begin, end)?,
        };
        if let (Some(group), true) = (it.capture, confirmed) {
            self.captured[group as usize] = Some((begin, end));
        }
        Ok(confirmed)
    }

    /// Forgets what a part and the parts in it captured.
    fn forget(&mut self, part: usize) {
        let it = &self.division.parts[part];
        if let Some(group) = it.capture {
            self.captured[group as usize] = None;
        }
        match &it.form {
            Form::Leaf | Form::Back { .. } => {}
            Form::Wrapped(inner) | Form::Repeat { part: inner, .. } => self.forget(*inner),
            Form::Chain(one, other) => {
                self.forget(*one);
                self.forget(*other);
            }
            Form::Choice(parts) => parts.iter().for_each(|part| self.forget(*part)),
        }
    }

    fn confirm_back(&mut self, group: u32, least: u32, most: u32, begin: usize, end: usize) -> Answer {
        let Some(text) = self.captured[group as usize] else {
            return Ok(false);
        };
        let (size, room) = (text.1 - text.0, end - begin);
        if size == 0 || room == 0 {
            return Ok(room == 0 && (size == 0 || least == 0));
        }
        let rounds = room / size;
        if room % size != 0 || rounds < least as usize || rounds > most as usize {
            return Ok(false);
        }
        for round in 0..rounds {
            if !self.same(text, begin + round * size)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Cuts the piece in two, at every place the first part could end.
    fn confirm_chain(&mut self, one: usize, other: usize, begin: usize, end: usize) -> Answer {
        let shortest = self.division.parts[one].traits.shortest;
        let (mut least, mut most) = (begin, end);
        loop {
            let Some(cut) = self.measure(one, shortest, begin, least, most)? else {
                return Ok(false);
            };
            if self.measure(other, false, cut, cut, end)? == Some(end) && self.confirm(one, begin, cut)? {
                if self.confirm(other, cut, end)? {
                    return Ok(true);
                }
                self.forget(one);
            }
            if cut == if shortest { end } else { begin } {
                return Ok(false);
            }
            if shortest { least = cut + 1 } else { most = cut - 1 }
        }
    }

    fn confirm_choice(&mut self, parts: &[usize], begin: usize, end: usize) -> Answer {
        for part in parts {
            if self.measure(*part, false, begin, begin, end)? == Some(end) && self.confirm(*part, begin, end)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn confirm_repeat(&mut self, part: usize, least: u32, most: u32, begin: usize, end: usize) -> Answer {
        let shortest = self.division.parts[part].traits.shortest;
        if shortest && least == 0 && begin == end {
            return Ok(true);
        }
        let fewest = (least as usize).max(1);
        let often = (end - begin).min(most as usize).max(fewest);
        let mut cuts = Cuts { part, begin, end, fewest, often, shortest, places: vec![begin], verified: 0 };
        if self.confirm_cuts(&mut cuts)? {
            return Ok(true);
        }
        Ok(!shortest && least == 0 && begin == end)
    }
}

/// A piece of text cut into rounds of a repetition.
struct Cuts {
    part: usize,
    begin: usize,
    end: usize,
    /// How many rounds there must and may be.
    fewest: usize,
    often: usize,
    shortest: bool,
    /// Where the piece starts, then where every round ends.
    places: Vec<usize>,
    /// How many rounds are confirmed.
    verified: usize,
}

impl Cuts {
    /// The number of the round under work, from 1.
    fn round(&self) -> usize {
        self.places.len()
    }

    /// Whether a round from this place may be empty: only where empty rounds must make up the
    /// number.
    fn may_be_empty(&self, round: usize, place: usize) -> bool {
        round < self.fewest && self.fewest - round >= self.end - place
    }
}

impl Dissection<'_> {
    /// Looks for cuts that the machine accepts and that every round confirms.
    fn confirm_cuts(&mut self, cuts: &mut Cuts) -> Answer {
        let mut limit = if cuts.shortest { cuts.begin } else { cuts.end };
        loop {
            let found = self.place(cuts, limit)?;
            let next = match found {
                Some(place) => {
                    cuts.places.push(place);
                    self.judge(cuts)?
                }
                None => Verdict::Backtrack,
            };
            match next {
                Verdict::Confirmed => return Ok(true),
                Verdict::Another => {
                    limit = if cuts.shortest { cuts.places[cuts.round() - 1] } else { cuts.end };
                }
                Verdict::Backtrack => match back(cuts) {
                    Some(again) => limit = again,
                    None => return Ok(false),
                },
            }
        }
    }

    /// Where the round under work could end.
    fn place(&mut self, cuts: &Cuts, limit: usize) -> Result<Option<usize>, StepsSpent> {
        let (round, start) = (cuts.round(), cuts.places[cuts.round() - 1]);
        if !cuts.shortest {
            return self.measure(cuts.part, false, start, start, limit);
        }
        let mut least = limit;
        if least == start && least != cuts.end && !cuts.may_be_empty(round, least) {
            least += 1;
        }
        if round >= cuts.often {
            least = cuts.end;
        }
        self.measure(cuts.part, true, start, least, cuts.end)
    }

    /// Decides on a round just placed.
    fn judge(&mut self, cuts: &mut Cuts) -> Result<Verdict, StepsSpent> {
        let round = cuts.round() - 1;
        let place = cuts.places[round];
        cuts.verified = cuts.verified.min(round - 1);
        if place != cuts.end {
            if round >= cuts.often {
                cuts.places.pop();
                return Ok(Verdict::Backtrack);
            }
            let empty = place == cuts.places[round - 1];
            if !cuts.shortest && empty && !cuts.may_be_empty(round, place) {
                return Ok(Verdict::Backtrack);
            }
            return Ok(Verdict::Another);
        }
        if round < cuts.fewest {
            return Ok(Verdict::Backtrack);
        }
        for check in cuts.verified + 1..=round {
            self.forget(cuts.part);
            if !self.confirm(cuts.part, cuts.places[check - 1], cuts.places[check])? {
                cuts.places.truncate(check + 1);
                return Ok(Verdict::Backtrack);
            }
            cuts.verified = check;
        }
        Ok(Verdict::Confirmed)
    }
}

/// What follows from placing a round.
enum Verdict {
    Confirmed,
    Another,
    Backtrack,
}

/// Takes back the last round that can end elsewhere; the limit for its new end comes back.
fn back(cuts: &mut Cuts) -> Option<usize> {
    while let Some(place) = cuts.places.pop() {
        let round = cuts.places.len();
        let start = *cuts.places.last()?;
        if cuts.shortest {
            if place < cuts.end {
                return Some(place + 1);
            }
        } else if place > start && (place - 1 > start || cuts.may_be_empty(round, start)) {
            return Some(place - 1);
        }
    }
    None
}
