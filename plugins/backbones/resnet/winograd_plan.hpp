#pragma once

#include "winograd_forms.hpp"
#include "winograd_kernels.hpp"

#include <algorithm>

namespace resnet::winograd {

inline Size divide_up(Size a, Size b) {
  return (a + b - 1) / b;
}

/// Multiplications of one picture and pair of channels; 9 · height · width without a form.
template <class Form>
Size products_of(const Shape& s) {
  return divide_up(s.height, Form::outputs) * divide_up(s.width, Form::outputs) * Form::points *
         Form::points;
}

inline bool form4_is_cheaper(const Shape& s) {
  return products_of<Form4>(s) < products_of<Form2>(s);
}

/// By a quarter at least, which pays for the transforms.
inline bool saves_products(const Shape& s) {
  return 4 * std::min(products_of<Form2>(s), products_of<Form4>(s)) <= 3 * 9 * s.height * s.width;
}

/// Block sizes are what was fastest with 1 MiB of second-level cache: a block's transformed tiles
/// stay there, and the more weights there are to stream past them, the more tiles there are.
inline Plan make_plan(const Shape& s, bool form4) {
  Plan p{};
  const Size side = form4 ? Form4::outputs : Form2::outputs;
  const Size points = form4 ? Form4::points : Form2::points;
  p.shape = s;
  p.products = points * points;
  // Powers of two would share sets of the cache.
  p.packed_apart = s.input * s.output + channel_group;
  p.tiles_down = divide_up(s.height, side);
  p.tiles_across = divide_up(s.width, side);
  p.tiles = s.pictures * p.tiles_down * p.tiles_across;

  p.block_tiles = std::clamp<Size>(s.input * 3 / 16 / 12 * 12, 24, 96);
  p.block_outputs = std::min<Size>(s.output, 128);
  p.convolve_items = divide_up(p.tiles, p.block_tiles) * divide_up(s.output, p.block_outputs);
  p.convolve_scratch =
      p.products * p.block_tiles * (s.input + p.block_outputs + 2 * channel_group) + s.input +
      s.output;

  p.part_inputs = std::min<Size>(s.input, 64);
  p.part_outputs = std::min<Size>(s.output, 128);
  p.part_apart = p.part_inputs * p.part_outputs + channel_group;
  p.part_tiles = 24;
  const Size parts = divide_up(s.input, p.part_inputs) * divide_up(s.output, p.part_outputs);
  const Size blocks = divide_up(p.tiles, p.part_tiles);
  // Enough items for many threads; each has sums of its own, in memory.
  const Size chunks = std::clamp<Size>(32 / parts, 1, blocks);
  p.chunk_tiles = divide_up(blocks, chunks) * p.part_tiles;
  p.part_chunks = divide_up(p.tiles, p.chunk_tiles);
  p.correlate_items = parts * p.part_chunks;
  p.correlate_scratch =
      p.products * p.part_tiles * (p.part_inputs + p.part_outputs + 2 * channel_group) +
      std::max(s.input, s.output);
  p.sums = p.correlate_items * p.products * p.part_apart;
  return p;
}

}  // namespace resnet::winograd
