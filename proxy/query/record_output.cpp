#include "proxy/query/record_output.hpp"

#include <cerrno>
#include <ostream>
#include <string>

#include "proxy/evidence/counted.hpp"

namespace proxy {
namespace {

constexpr std::uint64_t most_named = 20;

}  // namespace

RecordOutput::RecordOutput(const RecordPrinter& printer, std::ostream& out, std::ostream& err)
    : printer_(printer), out_(out), err_(err) {
  // Columns have names even where nothing is found; above a table they would stand alone.
  if (printer.form() == RecordForm::csv) {
    put(printer.header());
    begun_ = true;
  }
}

void RecordOutput::put(std::string_view text) {
  errno = 0;
  out_ << text << std::flush;
  if (out_) return;
  const auto fault = errno;
  if (fault == EPIPE) throw NobodyReads{};
  throw std::runtime_error("the records cannot be written: " +
                           std::generic_category().message(fault == 0 ? EIO : fault));
}

void RecordOutput::write(std::string_view records) {
  if (records.empty()) return;
  if (!begun_) put(printer_.header());
  begun_ = true;
  put(records);
}

void RecordOutput::tell(const std::vector<std::string>& faults) {
  for (const auto& fault : faults)
    if (faults_++ < most_named) err_ << fault << '\n';
}

bool RecordOutput::had_faults() {
  if (faults_ > most_named) err_ << "and " << counted(faults_ - most_named, "fault") << " more\n";
  return faults_ > 0;
}

}  // namespace proxy
