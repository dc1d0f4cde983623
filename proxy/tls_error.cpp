#include "proxy/tls_error.hpp"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

namespace proxy {
namespace {

// The first error of the TLS library itself, otherwise the first of all: what is queued later are
// consequences. The queue is empty afterwards.
unsigned long take_cause() {
  unsigned long first = 0;
  unsigned long cause = 0;
  while (const auto error = ERR_get_error()) {
    if (first == 0) first = error;
    if (cause == 0 && ERR_GET_LIB(error) == ERR_LIB_SSL) cause = error;
  }
  return cause != 0 ? cause : first;
}

std::string verification_text(long result, const std::string& host) {
  std::string text = host.empty() ? "the client's certificate" : "the certificate of " + host;
  text += " does not verify: ";
  text += X509_verify_cert_error_string(result);
  switch (result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return text + " (no CA that is trusted here has signed it)";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return text + " (it was issued for other names)";
    default:
      return text;
  }
}

TlsFault fault_of(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return TlsFault::other;
  const int reason = ERR_GET_REASON(error);
  if (reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) return TlsFault::alert;
  switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return TlsFault::certificate;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:  // of a record: what is no TLS at all looks like this
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
      return TlsFault::not_tls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_INAPPROPRIATE_FALLBACK:
      return TlsFault::version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
      return TlsFault::cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return TlsFault::protocol;
    default:
      return TlsFault::other;
  }
}

std::string reason_text(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
    // From here on OpenSSL's reasons are alerts that the peer sent.
    if (reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
      return std::string("the peer refused with the alert `") +
             SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET) + "`";
    }
    switch (reason) {
      case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the client showed no certificate, and one is required";
      case SSL_R_HTTP_REQUEST:
        return "the peer speaks clear HTTP, not TLS";
      case SSL_R_WRONG_VERSION_NUMBER:
        return "the peer does not speak TLS, or not TLS 1.2 or 1.3 (wrong version number)";
      case SSL_R_UNSUPPORTED_PROTOCOL:
        return "the peer offers neither TLS 1.2 nor TLS 1.3 (unsupported protocol)";
      case SSL_R_NO_APPLICATION_PROTOCOL:
        return "the client offers no application protocol that is spoken here; http/1.1 is";
      default:
        break;
    }
  }
  const char* const text = ERR_reason_error_string(error);
  return std::string("TLS failed: ") + (text ? text : "for an unknown reason");
}

}  // namespace

TlsFailure describe_failure(const SSL* ssl, const std::string& host) {
  const auto cause = take_cause();
  const int reason = ERR_GET_LIB(cause) == ERR_LIB_SSL ? ERR_GET_REASON(cause) : 0;
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return {verification_text(SSL_get_verify_result(ssl), host), TlsFault::certificate};
  return {reason_text(cause), fault_of(cause)};
}

}  // namespace proxy
