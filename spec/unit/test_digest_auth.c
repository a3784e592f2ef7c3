/* digest_auth: the examples of RFC 7616 and RFC 2617, and challenges as servers
 * write them. */
#include "base/buffer.h"
#include "engine/digest_auth.h"
#include "unit.h"

#define REALM "realm=\"http-auth@example.org\", "
#define NONCE "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
#define OPAQUE "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
#define CNONCE "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"

static const char *answer(const char *lines, const char *credentials,
                          const char *url, struct buffer *out)
{
    struct digest_challenge c = {0};
    char *exact = exact_copy(lines, strlen(lines));
    struct crypto *crypto = crypto_new();
    buffer_clear(out);
    if (digest_auth_find(&c, exact, strlen(lines))) {
        struct digest_request r = {.credentials = credentials,
                                   .method = "GET",
                                   .url = url,
                                   .cnonce = CNONCE};
        digest_auth_answer(out, &c, &r, crypto);
    }
    crypto_free(crypto);
    free(exact);
    return buffer_text(out);
}

static void assert_has(const char *text, const char *word)
{
    if (!strstr(text, word))
        fail_msg("no %s in %s", word, text);
}

static void gives_the_answers_of_the_standard(void **state)
{
    (void)state;
    struct buffer out = {0};
    static const char url[] = "http://www.example.org/dir/index.html#top";
    static const char secret[] = "Mufasa:Circle of Life";
    const char *md5 =
        answer("WWW-Authenticate: Digest " REALM
               "qop=\"auth, auth-int\", algorithm=MD5, " NONCE OPAQUE "\r\n",
               secret, url, &out);
    assert_string_equal(
        "Authorization: Digest username=\"Mufasa\", " REALM NONCE
        "uri=\"/dir/index.html\", algorithm=MD5, qop=auth, nc=00000001, "
        "cnonce=\"" CNONCE "\", "
        "response=\"8ca523f5e9506fed4657c9700eebdbec\", " OPAQUE "\r\n",
        md5);
    const char *sha = answer(
        "Content-Length: 0\r\n"
        "www-authenticate:Digest " REALM
        "qop=\"auth,auth-int\", algorithm=SHA-256," NONCE OPAQUE "\r\nX: y\r\n",
        secret, url, &out);
    assert_has(sha, "algorithm=SHA-256");
    assert_has(sha, "response=\"753927fa0e85d155564e2e272a28d1802ca10daf449679"
                    "4697cf8db5856cb6c1\"");
    buffer_fini(&out);
}

/* RFC 2069, corrected: without qop, cnonce and nc. */
static void answers_as_of_old_where_no_qop_is_offered(void **state)
{
    (void)state;
    struct buffer out = {0};
    const char *text =
        answer("WWW-Authenticate: Digest realm=\"testrealm@host.com\", "
               "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
               "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"\r\n",
               "Mufasa:CircleOfLife", "http://h/dir/index.html", &out);
    assert_has(text, "response=\"1949323746fe6a43ef61f9606e7febea\"");
    assert_null(strstr(text, "qop"));
    assert_null(strstr(text, "cnonce"));
    assert_null(strstr(text, "algorithm"));
    buffer_fini(&out);
}

static void chooses_the_best_that_it_can(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        const char *word; /* NULL: nothing can be answered */
    } rows[] = {
        {"WWW-Authenticate: Basic realm=\"x, Digest y\", "
         "Digest realm=\"r\", nonce=\"n\", qop=auth\r\n",
         "realm=\"r\""},
        {"WWW-Authenticate: Digest realm=r, nonce=n, algorithm=MD5, "
         "Digest realm=s, nonce=m, algorithm=SHA-256\r\n",
         "realm=\"s\""},
        {"WWW-Authenticate: Digest realm=s, nonce=m, algorithm=\"SHA-256\"\r\n"
         "WWW-Authenticate: Digest realm=r, nonce=n\r\n",
         "realm=\"s\""},
        {"WWW-Authenticate: Negotiate abc==, Digest realm = \"r\" ,"
         " nonce = \"n\"\r\n",
         "nonce=\"n\""},
        {"WWW-Authenticate: ,, digest nonce=\"n\",realm=\"a\\\"b\"",
         "realm=\"a\\\"b\""},
        {"WWW-Authenticate: Digest realm=r, nonce=n, "
         "algorithm=sha-256-SESS\r\n",
         "cnonce="},
        {"WWW-Authenticate: Digest realm=r, nonce=n, algorithm=SHA-512-256\r\n",
         NULL},
        {"WWW-Authenticate: Digest realm=r, nonce=n, qop=auth-int\r\n", NULL},
        {"WWW-Authenticate: Digest realm=r, nonce=n, qop=\"\"\r\n", NULL},
        {"WWW-Authenticate: Digest nonce=n\r\n", NULL},
        {"WWW-Authenticate: Digest realm=r\r\n", NULL},
        {"WWW-Authenticate: Digest", NULL},
        {"WWW-Authenticate: Basic realm=\"Digest realm=r, nonce=n\"\r\n", NULL},
        {"WWW-Authenticate:", NULL},
        {"WWW-Authenticate: Digest realm=r, nonce=\"n\r\n", NULL},
        {"WWW-Authenticate: Digest realm=\"r\rX: y\", nonce=n\r\n", NULL},
        {"X-Authenticate: Digest realm=r, nonce=n\r\n", NULL},
        {"WWW-Authenticate: Digest realm=\"r\\", NULL},
        {"WWW-Authenticate: =\"=,=Digest = realm\x01\r\n", NULL},
    };
    struct buffer out = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *text = answer(rows[i].lines, "u:p", "http://h/", &out);
        if (rows[i].word)
            assert_has(text, rows[i].word);
        else if (*text)
            fail_msg("%s was answered: %s", rows[i].lines, text);
    }
    buffer_fini(&out);
}

static void writes_users_and_addresses_as_they_are_sent(void **state)
{
    (void)state;
    static const char lines[] =
        "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n";
    struct buffer out = {0};
    assert_has(answer(lines, "a\"b\\c:p:w", "http://h?x=1", &out),
               "username=\"a\\\"b\\\\c\"");
    assert_has(out.data, "uri=\"/?x=1\"");
    assert_has(answer(lines, "u:", "http://h:80", &out), "uri=\"/\"");
    assert_has(answer("WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", "
                      "userhash=true, algorithm=SHA-256\r\n",
                      "u:p", "http://h/", &out),
               "userhash=true");
    assert_null(strstr(out.data, "username=\"u\""));
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_answers_of_the_standard),
        cmocka_unit_test(answers_as_of_old_where_no_qop_is_offered),
        cmocka_unit_test(chooses_the_best_that_it_can),
        cmocka_unit_test(writes_users_and_addresses_as_they_are_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
