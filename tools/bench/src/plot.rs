//! A plot of lines over two logarithmic axes as SVG, readable on light and dark pages, without fonts or scripts.

use std::fmt::Write as _;

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 70.0;
/// Horizontal position of the names of lines.
const RIGHT: f64 = 330.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Minimum distance between the names of two lines.
const NAME_HEIGHT: f64 = 17.0;

/// A plot.
pub struct Plot {
    /// The title above the plot.
    pub title: String,
    /// The label of the horizontal axis.
    pub across: String,
    /// The lines.
    pub lines: Vec<PlotLine>,
}

/// A line: points with positive coordinates, from left to right.
pub struct PlotLine {
    /// The label at its right end.
    pub name: String,
    /// The points.
    pub points: Vec<(f64, f64)>,
}

/// The decades that contain all values.
struct Axis {
    from: i32,
    to: i32,
    start: f64,
    end: f64,
}

impl Axis {
    fn of(values: impl Iterator<Item = f64> + Clone, start: f64, end: f64) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let most = values.fold(0.0, f64::max).log10().ceil();
        let (from, to) = (least as i32, most as i32);
        Axis { from, to: to.max(from + 1), start, end }
    }

    fn place(&self, value: f64) -> f64 {
        let part = (value.log10() - f64::from(self.from)) / f64::from(self.to - self.from);
        self.start + part * (self.end - self.start)
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        (self.from..=self.to).map(|power| 10f64.powi(power))
    }
}

impl Plot {
    /// The SVG text; `across` and `up` format numbers of the axes. `None` if there are no lines.
    pub fn svg(&self, across: fn(f64) -> String, up: fn(f64) -> String) -> Option<String> {
        let points = self.lines.iter().flat_map(|line| &line.points);
        points.clone().next()?;
        let x = Axis::of(points.clone().map(|point| point.0), LEFT, WIDTH - RIGHT);
        let y = Axis::of(points.map(|point| point.1), HEIGHT - BOTTOM, TOP);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n<text class=\"title\" x=\"{LEFT}\" y=\"22\">{0}</text>\n",
            escaped(&self.title)
        );
        grid(&mut svg, &x, &y, across, up);
        let (middle, foot) = (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 10.0);
        let _ = writeln!(svg, "<text class=\"middle\" x=\"{middle:.1}\" y=\"{foot}\">{}</text>", escaped(&self.across));
        self.draw(&mut svg, &x, &y);
        svg.push_str("</svg>\n");
        Some(svg)
    }

    fn draw(&self, svg: &mut String, x: &Axis, y: &Axis) {
        let mut ends: Vec<(f64, usize)> = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let places: Vec<(f64, f64)> =
                line.points.iter().map(|point| (x.place(point.0), y.place(point.1))).collect();
            let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let color = at % COLORS;
            let _ = writeln!(svg, "<polyline class=\"c{color}\" points=\"{}\"/>", path.join(" "));
            for (x, y) in &places {
                let _ = writeln!(svg, "<circle class=\"c{color}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>");
            }
            ends.extend(places.last().map(|place| (place.1, at)));
        }
        for (place, at) in apart(ends) {
            let (x, color, name) = (WIDTH - RIGHT + 10.0, at % COLORS, escaped(&self.lines[at].name));
            let _ = writeln!(svg, "<text class=\"c{color}\" x=\"{x}\" y=\"{:.1}\">{name}</text>", place + 4.0);
        }
    }
}

/// Vertical positions of names, moved down where they would overlap.
fn apart(mut ends: Vec<(f64, usize)>) -> Vec<(f64, usize)> {
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut least = f64::NEG_INFINITY;
    for (place, _) in &mut ends {
        *place = place.max(least);
        least = *place + NAME_HEIGHT;
    }
    ends
}

fn grid(svg: &mut String, x: &Axis, y: &Axis, across: fn(f64) -> String, up: fn(f64) -> String) {
    for value in x.decades() {
        let (at, label) = (x.place(value), across(value));
        let (top, bottom) = (y.end, y.start);
        let _ = writeln!(svg, "<line x1=\"{at:.1}\" y1=\"{top}\" x2=\"{at:.1}\" y2=\"{bottom}\"/>");
        let _ = writeln!(svg, "<text class=\"middle\" x=\"{at:.1}\" y=\"{}\">{label}</text>", bottom + 18.0);
    }
    for value in y.decades() {
        let (at, label) = (y.place(value), up(value));
        let (left, right) = (x.start, x.end);
        let _ = writeln!(svg, "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>");
        let _ = writeln!(svg, "<text class=\"end\" x=\"{}\" y=\"{:.1}\">{label}</text>", left - 8.0, at + 4.0);
    }
}

const COLORS: usize = 6;

/// Colours with enough contrast on white and on black.
const STYLE: &str = "
text { font: 13px sans-serif; fill: #57606a; }
.title { font-size: 15px; }
.middle { text-anchor: middle; }
.end { text-anchor: end; }
line { stroke: #8c959f; stroke-opacity: 0.35; }
polyline { fill: none; stroke-width: 2; }
polyline.c0 { stroke: #1f77d0; } .c0:not(polyline) { fill: #1f77d0; }
polyline.c1 { stroke: #d9622b; } .c1:not(polyline) { fill: #d9622b; }
polyline.c2 { stroke: #2f9e55; } .c2:not(polyline) { fill: #2f9e55; }
polyline.c3 { stroke: #b657c4; } .c3:not(polyline) { fill: #b657c4; }
polyline.c4 { stroke: #b08a12; } .c4:not(polyline) { fill: #b08a12; }
polyline.c5 { stroke: #d64570; } .c5:not(polyline) { fill: #d64570; }
@media (prefers-color-scheme: dark) { text { fill: #9da7b1; } }
";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(lines: Vec<PlotLine>) -> Plot {
        Plot { title: "a < b".to_owned(), across: "contacts".to_owned(), lines }
    }

    #[test]
    fn a_tenfold_value_is_one_decade_further() {
        let axis = Axis::of([1e4, 1e6].into_iter(), 0.0, 100.0);
        assert!((axis.place(1e5) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn names_at_one_height_do_not_overlap() {
        let ends = apart(vec![(100.0, 0), (99.0, 1), (100.5, 2)]);
        assert!(ends.windows(2).all(|pair| pair[1].0 - pair[0].0 >= NAME_HEIGHT));
    }

    #[test]
    fn texts_are_escaped_and_nothing_is_drawn_of_nothing() {
        let line = PlotLine { name: "x & y".to_owned(), points: vec![(1.0, 1.0), (10.0, 5.0)] };
        let svg = plot(vec![line]).svg(|n| n.to_string(), |n| n.to_string()).unwrap();
        assert!(svg.contains("a &lt; b") && svg.contains("x &amp; y"));
        assert_eq!(plot(Vec::new()).svg(|n| n.to_string(), |n| n.to_string()), None);
    }
}
