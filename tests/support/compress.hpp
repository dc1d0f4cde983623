// compress: a closed segment as a gateway leaves it after a while. Tests only; any thread.
#pragma once

#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "tests/support/files.hpp"

namespace tests {

// Compressed, with a check sum, the plain file gone. The name of what is there now.
inline std::filesystem::path compress(const std::filesystem::path& file) {
  const auto text = read_file(file);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::unique_ptr<ZSTD_CCtx, std::size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(),
                                                                        ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size()));
  const auto compressed = file.string() + ".zst";
  std::ofstream(compressed, std::ios::binary) << out;
  std::filesystem::remove(file);
  return compressed;
}

}  // namespace tests
