#include "bench/load/chart.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace load {
namespace {

constexpr double width = 760, height = 300;
constexpr double left = 70, right = 20, top = 40, bottom = 50;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// Of a position, a tenth of a pixel is enough.
std::string at(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

// 1, 2 or 5 times a power of ten: about `count` of them up to `most`.
double round_step(double most, double count) {
  const double rough = most / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough) return factor * power;
  return 10 * power;
}

// One axis: from values to a part of the whole, 0 to 1.
class Scale {
 public:
  Scale(double least, double most, bool logarithmic)
      : logarithmic_(logarithmic), least_(least), most_(most) {
    if (logarithmic_) {
      least_ = std::pow(10, std::floor(std::log10(std::max(least, 1e-3))));
      most_ = std::pow(10, std::ceil(std::log10(std::max(most, least_ * 1.001))));
    } else {
      if (most_ <= least_) most_ = least_ + 1;
      step_ = round_step(most_ - least_, 6);
    }
  }
  // Up to the next mark.
  void round_up() {
    if (!logarithmic_) most_ = std::ceil(most_ / step_) * step_;
  }
  double part(double value) const {
    if (!logarithmic_) return (value - least_) / (most_ - least_);
    return std::log10(std::max(value, least_) / least_) / std::log10(most_ / least_);
  }
  std::vector<double> marks() const {
    std::vector<double> all;
    if (logarithmic_) {
      const auto decades = std::lround(std::floor(std::log10(most_ * 1.001 / least_)));
      for (long i = 0; i <= decades; ++i)
        all.push_back(least_ * std::pow(10, static_cast<double>(i)));
    } else {
      const auto first = std::lround(std::ceil(least_ / step_));
      const auto last = std::lround(std::floor(most_ * 1.0001 / step_));
      for (long i = first; i <= last; ++i) all.push_back(static_cast<double>(i) * step_);
    }
    return all;
  }

 private:
  bool logarithmic_;
  double least_, most_;
  double step_ = 1;  // between marks
};

double x_at(const Scale& scale, double value) {
  return left + scale.part(value) * (width - left - right);
}
double y_at(const Scale& scale, double value) {
  return height - bottom - scale.part(value) * (height - top - bottom);
}

std::string line(double x1, double y1, double x2, double y2) {
  return "<line class=\"grid\" x1=\"" + at(x1) + "\" y1=\"" + at(y1) + "\" x2=\"" + at(x2) +
         "\" y2=\"" + at(y2) + "\"/>\n";
}
std::string words(double x, double y, std::string_view anchor, std::string_view text) {
  return "<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" text-anchor=\"" + std::string(anchor) +
         "\">" + escaped(text) + "</text>\n";
}

struct Scales {
  Scale x, y;
};

Scales scales_of(const Chart& chart) {
  double least_x = 1e300, most_x = -1e300, least_y = 1e300, most_y = 0;
  for (const auto& series : chart.series)
    for (const auto& [x, y] : series.points) {
      least_x = std::min(least_x, x);
      most_x = std::max(most_x, x);
      if (y > 0) least_y = std::min(least_y, y);
      most_y = std::max(most_y, y);
    }
  if (least_x > most_x) least_x = most_x = 0;
  if (least_y > most_y) least_y = most_y = 1;
  Scales scales{Scale(least_x, most_x, false),
                Scale(chart.logarithmic ? least_y : 0, most_y, chart.logarithmic)};
  scales.y.round_up();
  return scales;
}

std::string axes(const Chart& chart, const Scales& scales) {
  std::string svg;
  for (const double mark : scales.y.marks()) {
    const double y = y_at(scales.y, mark);
    svg += line(left, y, width - right, y) + words(left - 6, y + 4, "end", number(mark));
  }
  auto marks = chart.x_marks;
  if (marks.empty())
    for (const double mark : scales.x.marks()) marks.emplace_back(mark, number(mark));
  for (const auto& [mark, name] : marks) {
    const double x = x_at(scales.x, mark);
    svg += line(x, top, x, height - bottom) + words(x, height - bottom + 18, "middle", name);
  }
  svg += words((left + width - right) / 2, height - 8, "middle", chart.x_name);
  svg += words(8, top - 10, "start", chart.y_name);
  return svg;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

std::string as_svg(const Chart& chart) {
  const auto scales = scales_of(chart);
  std::string svg = "<svg viewBox=\"0 0 " + number(width) + " " + number(height) +
                    "\" role=\"img\" aria-label=\"" + escaped(chart.title) + "\">\n";
  svg += axes(chart, scales);
  double legend = left + 130;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const auto& series = chart.series[i];
    const auto kind = " class=\"series s" + std::to_string(i) + "\"";
    svg += "<polyline" + kind + " points=\"";
    for (const auto& [x, y] : series.points)
      svg += at(x_at(scales.x, x)) + "," + at(y_at(scales.y, y)) + " ";
    svg += "\"/>\n<line" + kind + " x1=\"" + at(legend) + "\" y1=\"20\" x2=\"" + at(legend + 22) +
           "\" y2=\"20\"/>\n" + words(legend + 28, 24, "start", series.name);
    legend += 50 + 8 * static_cast<double>(series.name.size());
  }
  return svg + "</svg>\n";
}

}  // namespace load
