#include "proxy/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

namespace proxy {
namespace {

constexpr std::size_t small_room = 4096;
constexpr std::size_t idle_room = 64;
constexpr std::size_t record_room = 17 * 1024;  // of the largest record: 16 KiB + 256 + 5 bytes
constexpr std::size_t record_size = 16 * 1024;
constexpr std::size_t record_overhead = 64;  // header, nonce, content type, tag; with some to spare

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

}  // namespace

// OpenSSL's view of the engine's two buffers. It is told of an empty input only as "not yet": the
// end of the transport is judged in `settle`, so that OpenSSL neither answers it with an alert to
// nobody nor throws a good session away.
struct TlsEngine::Transport {
  static TlsEngine& engine(BIO* bio) { return *static_cast<TlsEngine*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    auto& input = engine(bio).input_;
    if (input.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const auto count = std::min(static_cast<std::size_t>(size), input.size());
    std::copy_n(input.data().data(), count, into);
    input.consume(count);
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    return engine(bio).output_.append({bytes, static_cast<std::size_t>(size)}) ? size : -1;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  // Made once and never freed: OpenSSL's own clean-up at exit may come before ours.
  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "prefgate tls");
      if (!method) throw std::bad_alloc();
      BIO_meth_set_read(method, read);
      BIO_meth_set_write(method, write);
      BIO_meth_set_ctrl(method, control);
      return method;
    }();
    return made;
  }
};

TlsEngine::TlsEngine(const TlsContext& context)
    : next_room_(small_room), ssl_(SSL_new(context.get())) {
  BIO* const bio = BIO_new(Transport::method());
  if (!ssl_ || !bio) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);  // takes it over
}

TlsEngine::TlsEngine(Server, const TlsContext& context) : TlsEngine(context) {
  SSL_set_accept_state(ssl_.get());
}

TlsEngine::TlsEngine(Client, const TlsContext& context, const std::string& host,
                     SSL_SESSION* resume)
    : TlsEngine(context) {
  SSL_set_connect_state(ssl_.get());
  verify_host(host);
  // From here on session callbacks find us.
  if (SSL_set_ex_data(ssl_.get(), newest_session_entry, &newest_session_) != 1) {
    throw std::bad_alloc();
  }
  // One that cannot be resumed any more is no failure: the handshake is a full one then.
  if (resume && SSL_SESSION_is_resumable(resume) == 1) SSL_set_session(ssl_.get(), resume);
  ERR_clear_error();
}

TlsEngine::~TlsEngine() {
  // An end without close_notify would make OpenSSL mark the session as not resumable. RFC 5246,
  // 7.2.1 no longer asks for that, and HTTP tells by itself whether a message was cut short.
  if (established_) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void TlsEngine::verify_host(const std::string& host) {
  host_ = host;
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl_.get());
  ERR_clear_error();
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return;  // RFC 6066, 3: no SNI
  ERR_clear_error();
  // "example.com." is the same name; certificates and SNI have it without the dot (RFC 6066, 3).
  auto name = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An empty name would switch the check off.
  if (name.empty() || X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) != 1 ||
      // What the macro SSL_set_tlsext_host_name does, without its C cast.
      SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) !=
          1) {
    ERR_clear_error();
    fail("`" + host + "` is not a host name that a certificate can be checked for");
  }
}

TlsEngine::Status TlsEngine::fail(std::string text, TlsFault fault) {
  failed_ = true;
  fault_ = fault;
  error_ = std::move(text);
  return Status::failed;
}

// What an OpenSSL call that did not succeed means.
TlsEngine::Status TlsEngine::settle(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      if (!at_end_) return Status::want_input;
      return fail(established_ ? "the peer closed the connection without close_notify: what it "
                                 "sent may be cut short"
                               : "the peer closed the connection during the TLS handshake",
                  TlsFault::closed);
    case SSL_ERROR_ZERO_RETURN:
      if (established_) return Status::closed;
      return fail("the peer closed the connection during the TLS handshake", TlsFault::closed);
    default: {
      auto failure = describe_failure(ssl_.get(), host_);
      return fail(std::move(failure.text), failure.fault);
    }
  }
}

TlsEngine::Status TlsEngine::handshake() {
  if (failed_) return Status::failed;
  if (established_) return Status::ok;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return settle(result);
  established_ = true;
  return Status::ok;
}

TlsEngine::Read TlsEngine::read(std::span<char> into) {
  assert(established_ && !into.empty());
  if (failed_) return {Status::failed, 0};
  std::size_t size = 0;
  // Several records while they are there: one more call costs less than one more turn of the loop.
  do {
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data() + size, into.size() - size, &count);
    if (result != 1) {
      const auto status = settle(result);  // a failure stays, and is told by the next call
      return {size > 0 ? Status::ok : status, size};
    }
    size += count;
  } while (size < into.size() && (!input_.empty() || SSL_pending(ssl_.get()) > 0));
  return {Status::ok, size};
}

TlsEngine::Status TlsEngine::write(std::string_view plain) {
  assert(established_);
  if (failed_) return Status::failed;
  if (plain.empty()) return Status::ok;
  const auto records = plain.size() / record_size + 1;
  if (!output_.reserve(plain.size() + records * record_overhead)) throw std::bad_alloc();
  std::size_t count = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &count);
  if (result == 1) return Status::ok;
  if (settle(result) == Status::failed) return Status::failed;
  return fail("TLS failed: nothing can be written any more");
}

void TlsEngine::shutdown() {
  if (!established_ || failed_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());  // 0: sent, and the peer's own still to come; that is for `read`
  ERR_clear_error();
}

std::span<char> TlsEngine::input_room(std::size_t least) {
  const auto wanted = input_.empty() ? std::max(least, next_room_) : least;
  if (!input_.reserve(wanted, next_room_)) throw std::bad_alloc();
  return input_.room();
}

void TlsEngine::fed(std::size_t count) {
  const bool idle = next_room_ < small_room;
  if (idle || count == input_.room().size()) next_room_ = idle ? small_room : record_room;
  input_.commit(count);
}

void TlsEngine::release_buffers(bool long_idle) {
  input_.release();
  output_.release();
  next_room_ = long_idle ? idle_room : small_room;
}

std::string_view TlsEngine::alpn() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::vector<std::string> TlsEngine::peer_names() const {
  std::vector<std::string> names;
  const X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  if (!certificate) return names;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> listed(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; listed && i < sk_GENERAL_NAME_num(listed.get()); ++i) {
    int type = 0;
    const void* const value =
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(listed.get(), i), &type);
    if (type != GEN_DNS && type != GEN_URI) continue;
    const auto* const text = static_cast<const ASN1_STRING*>(value);
    const auto* const bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(text));
    const std::string_view name(bytes, static_cast<std::size_t>(ASN1_STRING_length(text)));
    // What ends in a C string is not all of it for everybody.
    if (std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F; }))
      names.emplace_back(name);
  }
  ERR_clear_error();
  return names;
}

}  // namespace proxy
