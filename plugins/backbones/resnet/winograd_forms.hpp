#pragma once

/// Winograd's minimal filtering of 3 taps, in one dimension (Lavin and Gray, "Fast algorithms for
/// convolutional neural networks", 2016): outputs = Aᵀ[(G taps) ⊙ (Bᵀ inputs)]. Each function reads
/// values `from` apart and writes them `to` apart; two in turn make the two-dimensional form.
namespace resnet::winograd {

/// Two outputs of four inputs by four products.
struct Form2 {
  static constexpr int outputs = 2;
  static constexpr int points = 4;

  /// Bᵀ.
  template <class V>
  static void input(const V* d, int from, V* u, int to) {
    const V d1 = d[from], d2 = d[2 * from];
    u[0] = d[0] - d2;
    u[to] = d1 + d2;
    u[2 * to] = d2 - d1;
    u[3 * to] = d1 - d[3 * from];
  }
  /// Aᵀ.
  template <class V>
  static void output(const V* m, int from, V* y, int to) {
    const V m1 = m[from], m2 = m[2 * from];
    y[0] = m[0] + (m1 + m2);
    y[to] = (m1 - m2) - m[3 * from];
  }
  /// A.
  template <class V>
  static void output_gradient(const V* y, int from, V* m, int to) {
    const V y0 = y[0], y1 = y[from];
    m[0] = y0;
    m[to] = y0 + y1;
    m[2 * to] = y0 - y1;
    m[3 * to] = -y1;
  }
  /// G.
  template <class V>
  static void taps(const V* g, int from, V* w, int to) {
    const V even = 0.5F * (g[0] + g[2 * from]), odd = 0.5F * g[from];
    w[0] = g[0];
    w[to] = even + odd;
    w[2 * to] = even - odd;
    w[3 * to] = g[2 * from];
  }
  /// Gᵀ.
  template <class V>
  static void taps_gradient(const V* w, int from, V* g, int to) {
    const V w1 = w[from], w2 = w[2 * from];
    const V even = 0.5F * (w1 + w2);
    g[0] = w[0] + even;
    g[to] = 0.5F * (w1 - w2);
    g[2 * to] = even + w[3 * from];
  }
};

/// Four outputs of six inputs by six products: Toom and Cook's form at the points 0, ±p, ±q and ∞.
/// These p and q have half the rounding error of the usual 1 and 2, whose powers spread wider.
struct Form4 {
  static constexpr int outputs = 4;
  static constexpr int points = 6;

  template <class V>
  static void input(const V* d, int from, V* u, int to) {
    const V d1 = d[from], d2 = d[2 * from], d3 = d[3 * from], d4 = d[4 * from];
    const V even_p = d4 - q2 * d2, odd_p = p1 * (d3 - q2 * d1);
    const V even_q = d4 - p2 * d2, odd_q = q1 * (d3 - p2 * d1);
    u[0] = p2q2 * d[0] - sum2 * d2 + d4;
    u[to] = even_p + odd_p;
    u[2 * to] = even_p - odd_p;
    u[3 * to] = even_q + odd_q;
    u[4 * to] = even_q - odd_q;
    u[5 * to] = p2q2 * d1 - sum2 * d3 + d[5 * from];
  }
  template <class V>
  static void output(const V* m, int from, V* y, int to) {
    const V even_p = m[from] + m[2 * from], odd_p = m[from] - m[2 * from];
    const V even_q = m[3 * from] + m[4 * from], odd_q = m[3 * from] - m[4 * from];
    y[0] = m[0] + even_p + even_q;
    y[to] = p1 * odd_p + q1 * odd_q;
    y[2 * to] = p2 * even_p + q2 * even_q;
    y[3 * to] = p3 * odd_p + q3 * odd_q + m[5 * from];
  }
  template <class V>
  static void output_gradient(const V* y, int from, V* m, int to) {
    const V y0 = y[0], y1 = y[from], y2 = y[2 * from], y3 = y[3 * from];
    const V even_p = y0 + p2 * y2, odd_p = p1 * y1 + p3 * y3;
    const V even_q = y0 + q2 * y2, odd_q = q1 * y1 + q3 * y3;
    m[0] = y0;
    m[to] = even_p + odd_p;
    m[2 * to] = even_p - odd_p;
    m[3 * to] = even_q + odd_q;
    m[4 * to] = even_q - odd_q;
    m[5 * to] = y3;
  }
  template <class V>
  static void taps(const V* g, int from, V* w, int to) {
    const V g0 = g[0], g1 = g[from], g2 = g[2 * from];
    const V even_p = at_p * g0 + at_p * p2 * g2, odd_p = at_p * p1 * g1;
    const V even_q = at_q * g0 + at_q * q2 * g2, odd_q = at_q * q1 * g1;
    w[0] = at_0 * g0;
    w[to] = even_p + odd_p;
    w[2 * to] = even_p - odd_p;
    w[3 * to] = even_q + odd_q;
    w[4 * to] = even_q - odd_q;
    w[5 * to] = g2;
  }
  template <class V>
  static void taps_gradient(const V* w, int from, V* g, int to) {
    const V even_p = at_p * (w[from] + w[2 * from]), odd_p = at_p * (w[from] - w[2 * from]);
    const V even_q = at_q * (w[3 * from] + w[4 * from]), odd_q = at_q * (w[3 * from] - w[4 * from]);
    g[0] = at_0 * w[0] + even_p + even_q;
    g[to] = p1 * odd_p + q1 * odd_q;
    g[2 * to] = p2 * even_p + q2 * even_q + w[5 * from];
  }

 private:
  // Few bits each, so that the coefficients of Aᵀ and Bᵀ are exact.
  static constexpr float p1 = 0.625F, p2 = p1 * p1, p3 = p2 * p1;
  static constexpr float q1 = 1.5F, q2 = q1 * q1, q3 = q2 * q1;
  static constexpr float p2q2 = p2 * q2, sum2 = p2 + q2;
  // One over the products of a point's distances from the others.
  static constexpr float at_0 = 1 / p2q2;
  static constexpr float at_p = 1 / (2 * p2 * (p2 - q2));
  static constexpr float at_q = 1 / (2 * q2 * (q2 - p2));
};

}  // namespace resnet::winograd
