/* crypto: the vectors of FIPS 180, RFC 1321, RFC 2202 and RFC 4231; keys that
 * are none. Signatures are in spec/e2e/values_spec.lua. */
#include "base/error.h"
#include "io/crypto.h"
#include "unit.h"

static void to_hex(const unsigned char *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

static void assert_hex(const char *expected, const unsigned char *bytes,
                       size_t size)
{
    char text[2 * CRYPTO_DIGEST_MAX + 1];
    to_hex(bytes, size, text);
    assert_string_equal(expected, text);
}

static void digests_are_those_of_the_standards(void **state)
{
    static const struct {
        enum crypto_algorithm algorithm;
        const char *text, *hex;
    } rows[] = {
        {CRYPTO_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
        {CRYPTO_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72"},
        {CRYPTO_MD5, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "8215ef0796a20bcaaae116d3876c664a"},
        {CRYPTO_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
        {CRYPTO_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {CRYPTO_SHA1,
         "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
        {CRYPTO_SHA256, "",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {CRYPTO_SHA256, "abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {CRYPTO_SHA256,
         "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {CRYPTO_SHA512, "",
         "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
         "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
        {CRYPTO_SHA512, "abc",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {CRYPTO_SHA512,
         "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335"
         "96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445"},
    };
    unsigned char out[CRYPTO_DIGEST_MAX];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t size = strlen(rows[i].text);
        char *exact = exact_copy(rows[i].text, size);
        size = crypto_digest(*state, rows[i].algorithm, exact, size, out);
        assert_hex(rows[i].hex, out, size);
        free(exact);
    }
}

static void digests_of_a_million_letters(void **state)
{
    static const struct {
        enum crypto_algorithm algorithm;
        const char *hex;
    } rows[] = {
        {CRYPTO_MD5, "7707d6ae4e027c70eea2a935c2296f21"},
        {CRYPTO_SHA1, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
        {CRYPTO_SHA256,
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
        {CRYPTO_SHA512,
         "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
         "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
    };
    enum { MILLION = 1000000 };
    unsigned char out[CRYPTO_DIGEST_MAX];
    char *text = malloc(MILLION);
    memset(text, 'a', MILLION);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t size =
            crypto_digest(*state, rows[i].algorithm, text, MILLION, out);
        assert_hex(rows[i].hex, out, size);
    }
    free(text);
}

#define AA10 "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
#define AA131                                                                  \
    AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 AA10 "\xaa"

static void hmacs_are_those_of_the_rfcs(void **state)
{
    static const struct {
        enum crypto_algorithm algorithm;
        const char *key;
        size_t key_size;
        const char *text, *hex;
    } rows[] = {
        {CRYPTO_SHA256,
         "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
         "\x0b\x0b\x0b",
         20, "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {CRYPTO_SHA256, "Jefe", 4, "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {CRYPTO_SHA256, AA131, 131,
         "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {CRYPTO_SHA256, AA131, 131,
         "This is a test using a larger than block-size key and a larger than "
         "block-size data. The key needs to be hashed before being used by the "
         "HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        {CRYPTO_SHA512,
         "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
         "\x0b\x0b\x0b",
         20, "Hi There",
         "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
         "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
        {CRYPTO_SHA512, "Jefe", 4, "what do ya want for nothing?",
         "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
         "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
        {CRYPTO_SHA512, AA131, 131,
         "Test Using Larger Than Block-Size Key - Hash Key First",
         "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
         "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
        {CRYPTO_SHA512, AA131, 131,
         "This is a test using a larger than block-size key and a larger than "
         "block-size data. The key needs to be hashed before being used by the "
         "HMAC algorithm.",
         "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
         "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"},
        {CRYPTO_MD5,
         "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 16,
         "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"},
        {CRYPTO_SHA1,
         "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
         "\x0b\x0b\x0b",
         20, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"},
        {CRYPTO_SHA1, "Jefe", 4, "what do ya want for nothing?",
         "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
        {CRYPTO_SHA256, "", 0, "",
         "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    unsigned char out[CRYPTO_DIGEST_MAX];
    for (int turn = 0; turn < 2; turn++) /* what is kept works again */
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            char *key = exact_copy(rows[i].key, rows[i].key_size);
            size_t size =
                crypto_hmac(*state, rows[i].algorithm, key, rows[i].key_size,
                            rows[i].text, strlen(rows[i].text), out);
            assert_hex(rows[i].hex, out, size);
            free(key);
        }
}

static void random_bytes_differ(void **state)
{
    (void)state;
    unsigned char a[32] = {0}, b[32] = {0};
    assert_true(crypto_random(a, sizeof a));
    assert_true(crypto_random(b, sizeof b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(crypto_random(a, 0));
}

static const char PUBLIC_KEY[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj\n"
    "NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz\n"
    "P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo\n"
    "9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB\n"
    "EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX\n"
    "FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp\n"
    "oQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

static const char EC_KEY[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MIGkAgEBBDCz+1SgXCeFFrP2JMqsr/UsHOh7UyZn08gEAFcgzze1kJ89POiyUcqd\n"
    "tYNSA2/Z3+agBwYFK4EEACKhZANiAATiAkx/kGvUjFN2OwLFgWnOU4GsFgB8XiS3\n"
    "IHb5WDkpJY82ABqLY59FGtJ/lmKVkt4B8hQe82bbFHJdHKah8/o/Hjj04JALYoYJ\n"
    "pCA84JrW97vG+n1n1ueviRPnr7/2RNI=\n"
    "-----END EC PRIVATE KEY-----\n"; /* on P-384 */

static void keys_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "-",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        EC_KEY};
    struct error err;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        size_t size = strlen(texts[i]);
        char *exact = exact_copy(texts[i], size);
        assert_null(crypto_key_read(exact, size, &err));
        assert_non_null(strstr(err.text, "key"));
        free(exact);
    }
    size_t size = sizeof PUBLIC_KEY - 2; /* without the last newline */
    for (size_t cut = 0; cut < size - 1; cut++) {
        char *exact = exact_copy(PUBLIC_KEY, cut);
        assert_null(crypto_key_read(exact, cut, &err));
        free(exact);
    }
}

static void a_public_key_does_not_sign(void **state)
{
    struct error err;
    struct crypto_key *key =
        crypto_key_read(PUBLIC_KEY, sizeof PUBLIC_KEY - 1, &err);
    unsigned char out[256] = {0};
    assert_non_null(key);
    assert_false(crypto_key_is_private(key));
    assert_int_equal(sizeof out, crypto_signature_max(key));
    assert_int_equal(0, crypto_sign(*state, key, "x", 1, out));
    assert_false(crypto_verify(*state, key, "x", 1, out, sizeof out));
    assert_false(crypto_verify(*state, key, "x", 1, out, 0));
    assert_int_equal(32, crypto_digest(*state, CRYPTO_SHA256, "x", 1, out));
    crypto_key_free(key);
    crypto_key_free(NULL);
}

static int set_up(void **state)
{
    *state = crypto_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    crypto_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standards),
        cmocka_unit_test(digests_of_a_million_letters),
        cmocka_unit_test(hmacs_are_those_of_the_rfcs),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(keys_that_are_none_are_refused),
        cmocka_unit_test(a_public_key_does_not_sign),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
