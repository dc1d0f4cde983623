// LeafHasher: the leaf hashes of many lines at once, several side by side in the vector registers
// of one core: a third of what one after the other costs, where the machine has the instructions
// and the library for it, else the same. Always what `leaf_hash` says of each. Owned by one who
// hashes batch after batch, used by one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/evidence/merkle.hpp"

struct IMB_MGR;

namespace proxy {

class LeafHasher {
 public:
  LeafHasher();
  LeafHasher(const LeafHasher&) = delete;
  LeafHasher& operator=(const LeafHasher&) = delete;
  ~LeafHasher();

  // The leaf hash of each line, without its end, in order; the last one's end may be missing. Valid
  // until the next call.
  const std::vector<Hash>& hash(std::string_view lines);

 private:
  void hash(std::string_view entry, Hash& to);
  void finish();

  struct Free {
    void operator()(IMB_MGR* manager) const;
  };
  std::unique_ptr<IMB_MGR, Free> manager_;  // none: one after the other
  std::string text_;                        // the lines, each behind a 0x00
  std::vector<std::string_view> entries_;   // of it
  std::vector<Hash> hashes_;
};

}  // namespace proxy
