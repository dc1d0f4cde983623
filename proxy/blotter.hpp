// Blotter: what of a request may not be shown, found by its name and by its value. For people who
// look at requests (`explain`), not for the data path. Reads an exchange that has been through the
// chain; lives as long as it. It hides too much rather than too little.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "filters/exchange.hpp"
#include "filters/rewrite.hpp"

namespace proxy {

struct HiddenSpan {
  filters::Span span;
  std::string_view label;  // stands in its place
};

class Blotter {
 public:
  // Both outlive the blotter.
  Blotter(const filters::Contract& contract, const filters::Exchange& exchange)
      : contract_(contract), exchange_(exchange) {}

  // Of a text that should be `syntax`: the values of secrets. Where it cannot be read and might
  // hold one, all of it.
  std::vector<HiddenSpan> hidden(std::string_view text, filters::Syntax syntax) const;
  // Of a document that was read: spans of its source.
  std::vector<HiddenSpan> hidden(const filters::Document& document) const;
  // Names or holds a token, as far as one can tell.
  bool may_hold_token(std::string_view text) const;

  // Values of credentials, and of fields that the operator sets, which may be the operator's own.
  void blot(filters::Headers& headers, const filters::RewriteSettings& settings) const;

 private:
  bool holds_token(std::string_view text) const;
  bool names_secret(std::string_view name) const;

  const filters::Contract& contract_;
  const filters::Exchange& exchange_;
};

// What of `text` is in `range`, with labels for what is hidden. Of a hidden span that is partly in
// the range `part` is shown, or, where that is empty, its label where it begins.
std::string shown(std::string_view text, filters::Span range, const std::vector<HiddenSpan>& hidden,
                  std::string_view part = {});

}  // namespace proxy
