//! Quartiles of a list of samples.

/// The lower quartile, the median and the upper quartile.
pub struct Quartiles(pub [f64; 3]);

impl Quartiles {
    pub fn of(values: impl Iterator<Item = f64>) -> Quartiles {
        let mut sorted: Vec<f64> = values.collect();
        sorted.sort_by(f64::total_cmp);
        Quartiles([1, 2, 3].map(|quarter| sorted[(sorted.len() - 1) * quarter / 4]))
    }

    pub fn median(&self) -> f64 {
        self.0[1]
    }
}
