// Chart: lines over two axes, as SVG to stand inside a page, whose style sheet gives the colours.
// Pure: numbers to text. `escaped` makes any text safe to stand in such a page.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace load {

struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  // from left to right
};

struct Chart {
  std::string title;
  std::string x_name;
  std::string y_name;
  std::vector<Series> series;
  // Where the x axis is marked, and how; none: at round numbers.
  std::vector<std::pair<double, std::string>> x_marks = {};
  bool logarithmic = false;  // the y axis, for what differs by orders of magnitude
};

std::string as_svg(const Chart& chart);
std::string escaped(std::string_view text);

}  // namespace load
