package io.helmwatch.config.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.ConfigText;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.yaml.ConfigException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {
    /** Characters that break URLs, YAML, JSON, regular expressions and replacement strings. */
    private static final String ODD = "@:/#?&=%+$\\\"'`;,<>[]{}()|^~*! .-_äß中\uD83D\uDE00aZ09";

    private static final int ROUNDS = 2_000;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rtsp://user:pass@cam:554/x            | rtsp://***@cam:554/x
            rtsp://user@cam/x                     | rtsp://***@cam/x
            rtsp://user:p@ss@cam/x                | rtsp://***@cam/x
            rtsp://user:p/s?s#s@cam/x             | rtsp://***@cam/x
            rtsp://user:p:s@[2001:db8::1]:554/x   | rtsp://***@[2001:db8::1]:554/x
            rtsp://user:p ss@cam/x                | rtsp://***@cam/x
            rtsp://us%40er:p%2Fs@cam/x            | rtsp://***@cam/x
            a rtsp://u:p@c1/x and http://v:q@c2/y | a rtsp://***@c1/x and http://***@c2/y
            tcp://u:p@c1 rtsp://c2/x              | tcp://***@c1 rtsp://c2/x
            (rtsp://u:p@c/x)                      | (rtsp://***@c/x)
            "rtsp://u:p@c/x": refused by a@b      | "rtsp://***@c/x": refused by a@b
            rtsp://cam:554/x lost, ask a@b        | rtsp://cam:554/x lost, ask a@b
            rtsp://cam/x lost, ask a@b            | rtsp://cam/x lost, ask a@b
            http://c/x?user=u&password=p&x=1      | http://c/x?user=u&password=***&x=1
            http://c/x?token=t#f                  | http://c/x?token=***
            http://c/x?Auth=t&api_key=k           | http://c/x?Auth=***&api_key=***
            http://c/x?pwd=a%20b;sig=1            | http://c/x?pwd=***;sig=1
            ssl.keystore.password=abc def         | ssl.keystore.password=*** def
            LoginModule username="u" password="a b" | LoginModule username="u" password=***
            rtsp://cam/admin:word                 | rtsp://cam/admin:***
            rtsp://cam:554/h264/av/admin:w0rd/x?y | rtsp://cam:554/h264/av/admin:***/x?y
            http://cam/a:one/b:two, then /c:three | http://cam/a:***/b:*** then /c:three
            http://cam/?t=/a:b                    | http://cam/?t=/a:b
            http://cam/12:30:00/x                 | http://cam/12:30:00/x
            file:///C:/clips/x.mp4                | file:///C:/clips/x.mp4
            /etc/site.yaml:7: a (rtsp://cam/x)    | /etc/site.yaml:7: a (rtsp://cam/x)
            rtsp://u:p@cam/admin:word             | rtsp://***@cam/admin:***
            cannot open admin:pw@192.0.2.10/x     | cannot open ***@192.0.2.10/x
            admin:pw@[2001:db8::1]/x              | ***@[2001:db8::1]/x
            rtsp://cam/user=a&password=word&x=1   | rtsp://cam/user=a&password=***&x=1
            rtsp://cam/user=a_password=word_x=1   | rtsp://cam/user=a_password=***
            http://cam/x?usr=admin&pwd=word       | http://cam/x?usr=admin&pwd=***
            http://cam/x?usr=admin&pass=word      | http://cam/x?usr=admin&pass=***
            http://c/x?loginuse=u&loginpas=w&x=1  | http://c/x?loginuse=u&loginpas=***&x=1
            http://c/x?psw=word&u=a               | http://c/x?psw=***&u=a
            http://c/x?sid=word&session=other     | http://c/x?sid=***&session=***
            http://c/x?pswd=word&pw=other         | http://c/x?pswd=***&pw=***
            http://c/x?user=admin:word&x=1        | http://c/x?user=admin:***&x=1
            http://c/x?login=admin%3Aword         | http://c/x?login=admin%3A***
            http://c/x?user=admin&x=a:b           | http://c/x?user=admin&x=a:b
            camera says pass = word               | camera says pass = ***
            rtsp://u:p@c/x'y@z                    | rtsp://***@c/x'y@z
            rtsp://u:p@c/x<y@z                    | rtsp://***@c/x<y@z
            rtsp://u:p@c/x>y@z                    | rtsp://***@c/x>y@z
            rtsp://u:p@c/x y@z                    | rtsp://***@c/x y@z
            rtsp://u:a b c@cam/x                  | rtsp://***@cam/x
            rtsp://u:a\"b@cam/x                   | rtsp://***@cam/x
            rtsp://cam x@y                        | rtsp://cam x@y
            http://a/b:c http://d/e:f             | http://a/b:*** http://d/e:***
            http://a/b:c#/d:e                     | http://a/b:***#/d:e
            (http://a/b:c"/d:e")                  | (http://a/b:***"/d:e")
            http://a/b:c<d:e>                     | http://a/b:***<d:e>
            http://a/b:c'd                        | http://a/b:***'d
            http://a/x:/y                         | http://a/x:/y
            http://a/-:b/_:c                      | http://a/-:b/_:c
            no secrets at all                     | no secrets at all
            1 = 2                                 | 1 = 2
            mail user@host                        | mail user@host
            """)
    void shouldMaskWhatLooksLikeACredential(String text, String expected) {
        assertThat(Redaction.redact(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rtsp://cam/user=admin&password=reg-1001&channel=1 | reg-1001
            http://cam/x?usr=admin&pwd=reg-1002               | reg-1002
            http://cam/x?user=admin&password=reg%2D1003       | reg-1003
            rtsp://cam/h264/ch1/admin:reg-1004                | reg-1004
            rtsp://cam/h264/user1:reg-1005/live               | reg-1005
            http://cam/x?%70assword=reg-1006                  | reg-1006
            http://cam/x?loginuse=admin&loginpas=reg-1007     | reg-1007
            http://cam/x?pass=reg-1008                        | reg-1008
            http://cam/x#password=reg-1009                    | reg-1009
            """)
    void shouldMaskPasswordsOfAStreamsPathAndQueryEverywhere(String url, String password) {
        assertThat(Redaction.redact(password)).isEqualTo(password);
        StreamConfig.of("a", url);
        assertThat(Redaction.redact("the camera says " + password)).isEqualTo("the camera says ***");
    }

    @ParameterizedTest
    @CsvSource({
        "rtsp://cam/admin/w0rd-4711/ch1, rtsp://cam/admin/***/ch1",
        "rtsp://cam:554/user1/w0rd-4711, rtsp://cam:554/user1/***",
        "http://cam/cgi/OPERATOR/w0rd-4711/1?x=y, http://cam/cgi/OPERATOR/***/1?x=y",
        "rtsp://cam/admin/live, rtsp://cam/admin/live",
        "rtsp://cam/user/stream1/2, rtsp://cam/user/stream1/2",
        "rtsp://cam/guest/101, rtsp://cam/guest/101",
        "rtsp://cam/administration/w0rd-4711, rtsp://cam/administration/w0rd-4711",
        "rtsp://cam/admin//x, rtsp://cam/admin//x",
        "rtsp://cam/root, rtsp://cam/root"
    })
    void shouldMaskThePathSegmentBehindAUsersName(String url, String shown) {
        assertThat(Redaction.redact(url)).isEqualTo(shown);
    }

    @Test
    void shouldMaskThePathSegmentBehindAUsersNameOutsideOfItsUrlToo() {
        StreamConfig.of("gate", "rtsp://cam/admin/s3gment-0815/ch1");
        StreamConfig.of("yard", "rtsp://cam/user/streamingword/ch1");

        assertThat(Redaction.redact("404 Not Found: /admin/s3gment-0815/ch1, /user/streamingword"))
                .isEqualTo("404 Not Found: /admin/***/ch1, /user/streamingword");
    }

    @Test
    void shouldStopAtTheEndOfALine() {
        for (String end : List.of("\n", "\r", "\r\n")) {
            assertThat(Redaction.redact("rtsp://u:p" + end + "mail@host")).isEqualTo("rtsp://u:p" + end + "mail@host");
        }
    }

    @Test
    void shouldReturnTheSameTextWhereNothingIsMasked() {
        for (String text : List.of("rtsp://cam:554/live/1", "a@b", "a=b", "http://a/b/c?d=e", "plain")) {
            assertThat(Redaction.redact(text)).isSameAs(text);
        }
    }

    @Test
    void shouldMaskSecretsAsJsonWritesThem() {
        Map<String, String> forms = Map.of(
                "esc-2001\nx", "esc-2001\\nx",
                "esc-2002\tx", "esc-2002\\tx",
                "esc-2003\rx", "esc-2003\\rx",
                "esc-2004\u001fx", "esc-2004\\u001fx",
                "esc-2005 x", "esc-2005 x",
                "esc-2006\"x", "esc-2006\\\"x",
                "esc-2007\\x", "esc-2007\\\\x");
        forms.forEach((secret, inJson) -> {
            Redaction.register(Secret.of(secret));
            assertThat(Redaction.redact("a " + inJson + " b")).isEqualTo("a *** b");
        });
    }

    @ParameterizedTest
    @CsvSource({"hex-3001/, hex-3001%2f", "hex/3002, hex%2f3002", "/hex-3003, %2fhex-3003", "hex 3004, hex+3004"})
    void shouldMaskSecretsInLowerCaseHex(String secret, String form) {
        Redaction.register(Secret.of(secret));
        assertThat(Redaction.redact("a " + form + " b")).isEqualTo("a *** b");
    }

    @Test
    void shouldNotMaskWordsOfAPathThatNameNoUser() {
        StreamConfig.of("a", "rtsp://cam/live:mainstream/track:1?stream=first-stream");
        assertThat(Redaction.redact("mainstream and first-stream")).isEqualTo("mainstream and first-stream");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "plain", "rtsp://cam/x", "a=b", "://", "@", "://@", "rtsp://@cam"})
    void shouldNotChokeOnAnything(String text) {
        assertThat(Redaction.redact(text)).isNotNull();
        assertThat(Redaction.redact(Redaction.redact(text))).isEqualTo(Redaction.redact(text));
    }

    @Test
    void shouldMaskAnyPasswordInsideAUrlWithoutKnowingIt() {
        Random random = new Random(7);
        for (int i = 0; i < ROUNDS; i++) {
            // Digits alone before a slash are a port, and a blank after a slash ends a URL: only registering helps
            // there.
            String password =
                    "x" + odd(random, 1 + random.nextInt(20)).replace(' ', '_').replaceAll("[\"'<>]", "_");
            String user = "u" + odd(random, random.nextInt(5)).replace(' ', '_').replaceAll("[\"'<>:/]", "_");
            String url = "rtsp://" + user + ":" + password + "@cam/x";
            String redacted = Redaction.redact("cannot open " + url + " now");
            assertThat(redacted).as(url).isEqualTo("cannot open rtsp://***@cam/x now");
        }
    }

    @Test
    void shouldMaskRegisteredSecretsInEveryForm() {
        Random random = new Random(11);
        for (int i = 0; i < ROUNDS / 20; i++) {
            String password = "Zq" + odd(random, 4 + random.nextInt(20)) + "qZ";
            Redaction.register("user", Secret.of(password));
            for (String form : forms("user", password)) {
                assertThat(Redaction.redact("before " + form + " after"))
                        .as(form)
                        .isEqualTo("before *** after");
            }
        }
    }

    @Test
    void shouldNotShowAnyOddPasswordThatAConfigurationHolds() {
        Random random = new Random(13);
        for (int i = 0; i < ROUNDS / 20; i++) {
            String password = "Kw" + odd(random, 4 + random.nextInt(20)) + "wK";
            String user = "Us" + odd(random, 3).replace(":", "_") + "sU";
            String quoted = "'" + ("${P}").replace("'", "''") + "'";
            String yaml = """
                    kafka:
                      bootstrap-servers: b:1
                      properties:
                        sasl.jaas.config: 'Module required username="x" password="%s";'
                        ssl.truststore.password: %s
                    streams:
                      - {id: a, url: 'rtsp://cam/1', credentials: {username-env: U, password-env: P}}
                    """.formatted("${J}", quoted);
            String jaas = password.replace("\\", "\\\\").replace("\"", "\\\"");
            HelmwatchConfig config = ConfigLoader.parse(
                    yaml,
                    "site.yaml",
                    Path.of("/site"),
                    name -> name.equals("P") ? password : name.equals("J") ? jaas : user);
            String everything = ConfigText.valuesInForce(config)
                    + config
                    + config.streams()
                    + config.kafka()
                    + config.streams().get(0).credentials()
                    + Redaction.redact(config.streams().get(0).connectUrl().reveal())
                    + Redaction.redact("log in as x with " + password + " failed");
            assertThat(everything).doesNotContain(password).doesNotContain("Kw");
            String broken = yaml.replace("id: a", "id: a, analyze-fps: -1").replace("b:1", "${P}");
            ConfigException refused = catchThrowableOfType(
                    ConfigException.class,
                    () -> ConfigLoader.parse(
                            broken, "site.yaml", Path.of("/site"), name -> name.equals("J") ? jaas : password));
            assertThat(refused.getMessage()).doesNotContain(password).doesNotContain("Kw");
        }
    }

    @Test
    void shouldMaskThePasswordOfEveryStreamThatIsCreated() {
        StreamConfig inUrl = StreamConfig.of("a", "rtsp://u:in-url-5521@cam/x");
        assertThat(inUrl.url()).isEqualTo("rtsp://cam/x");
        assertThat(Redaction.redact("the camera says in-url-5521")).isEqualTo("the camera says ***");
        ConfigLoader.parse(
                "json-lines: {target: '-'}\nstreams: [{id: a, url: 'rtsp://cam/1', credentials: {username: u, password-env: P}}]",
                "site.yaml",
                Path.of("/site"),
                name -> "in-env-5522");
        assertThat(Redaction.redact("the camera says in-env-5522")).isEqualTo("the camera says ***");
        assertThat(catchThrowableOfType(
                        ConfigException.class,
                        () -> ConfigLoader.parse(
                                "streams: [{id: a b, url: 'rtsp://u:${P}@cam:99999/1'}]",
                                "site.yaml",
                                Path.of("/site"),
                                name -> "in-bad-5523")))
                .hasMessageNotContaining("5523");
        assertThat(Redaction.redact("the camera says in-bad-5523")).isEqualTo("the camera says ***");
    }

    @Test
    void shouldRemoveUserAndPasswordFromUrlsAndInsertThemEncoded() {
        Random random = new Random(17);
        for (int i = 0; i < ROUNDS / 5; i++) {
            String password = odd(random, 1 + random.nextInt(20));
            String user = odd(random, 1 + random.nextInt(10));
            String url = UserInfo.insert("rtsp://cam:554/x", user, password);
            StreamConfig stream = StreamConfig.of("a", url);
            assertThat(stream.url()).isEqualTo("rtsp://cam:554/x");
            assertThat(stream.credentials()).isEqualTo(new Credentials(user, Secret.of(password)));
            assertThat(stream.connectUrl().reveal()).isEqualTo(url);
            assertThat(stream.toString()).isEqualTo("StreamConfig[id=a, url=rtsp://cam:554/x]");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rtsp://u:p@cam/x       | u   | p     | rtsp://cam/x
            rtsp://u:p@ss@cam/x    | u   | p@ss  | rtsp://cam/x
            rtsp://u:p/s@cam/x     | u   | p/s   | rtsp://cam/x
            rtsp://u:p?s#s@cam/x   | u   | p?s#s | rtsp://cam/x
            rtsp://u:p%40s%@cam/x  | u   | p@s%  | rtsp://cam/x
            rtsp://u@cam/x         | u   | ''    | rtsp://cam/x
            rtsp://u:p@[::1]:554/x | u   | p     | rtsp://[::1]:554/x
            rtsp://u:p:q@cam       | u   | p:q   | rtsp://cam
            """)
    void shouldReadUserInfoAsPeopleWriteIt(String url, String user, String password, String without) {
        assertThat(UserInfo.of(url)).isEqualTo(new UserInfo(user, password, without));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rtsp://cam/x",
                "rtsp://cam:554/a@b",
                "rtsp://cam/?a=b@c",
                "rtsp://[::1]/a@b",
                "/a/b@c",
                "a@b",
                ""
            })
    void shouldFindNoUserInfoWhereThereIsNone(String url) {
        assertThat(UserInfo.of(url)).isNull();
    }

    @Test
    void shouldLeaveShortSecretsAndTheSameTextAlone() {
        Redaction.register(Secret.of("abc"));
        Redaction.register(Secret.of(""));
        Redaction.register(Secret.of("    "));
        String text = "abc ab a     ";
        assertThat(Redaction.redact(text)).isSameAs(text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            the camera says hook              | the camera says ***
            hook, hook and hook.              | ***, *** and ***.
            "hook" (hook) user:hook           | "***" (***) user:***
            hooks unhook hook-3 x_hook hook.y | hooks unhook hook-3 x_hook hook.y
            hookhook hook                     | hookhook ***
            box=[20.4711,4711.5] at 4711-11   | box=[20.4711,4711.5] at 4711-11
            PIN 4711, again 4711              | PIN ***, again ***
            a#7x!b and #7x!                   | a***b and ***
            """)
    void shouldMaskAShortSecretOnlyWhereItStandsAlone(String text, String expected) {
        List.of("hook", "4711", "#7x!").forEach(secret -> Redaction.register(Secret.of(secret)));

        assertThat(Redaction.redact(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mail: {server: 'smtp:587', username: u, password-env: P, from: a@b.example, to: [c@d.example]}",
                "mqtt: {broker: mqtt, username: u, password-env: P}",
                "webhook: {url: 'https://192.0.2.1/hook', secret-env: P}"
            })
    void shouldMaskTheSecretsOfNotifications(String target) {
        String secret = "target-" + Integer.toHexString(target.hashCode());
        ConfigLoader.parse(
                "json-lines: {target: '-'}\nstreams: [{id: a, url: 'rtsp://cam/1'}]\nnotify: [{name: n, " + target
                        + "}]",
                "site.yaml",
                Path.of("/site"),
                name -> secret);

        assertThat(Redaction.redact("535 wrong password " + secret)).isEqualTo("535 wrong password ***");
    }

    @Test
    void shouldMaskALongerSecretBeforeAShorterOneInsideIt() {
        Redaction.register(Secret.of("inner-7781"));
        Redaction.register(Secret.of("outer-inner-7781-outer"));
        assertThat(Redaction.redact("x outer-inner-7781-outer y inner-7781")).isEqualTo("x *** y ***");
    }

    @Test
    void shouldRedactWhileOthersRegister() throws InterruptedException {
        Redaction.register(Secret.of("steady-secret"));
        AtomicBoolean leaked = new AtomicBoolean();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int own = t;
            threads.add(new Thread(() -> {
                for (int i = 0; i < 50; i++) {
                    String secret = "thread-" + own + "-secret-" + i;
                    Redaction.register(Secret.of(secret));
                    String text = Redaction.redact("steady-secret " + secret);
                    if (!text.equals("*** ***")) {
                        leaked.set(true);
                    }
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(leaked).isFalse();
    }

    @Test
    void shouldNeverShowASecretItself() {
        assertThat(Secret.of("hunter22")).hasToString("***").isEqualTo(Secret.of("hunter22"));
        assertThat(new Credentials("operator", Secret.of("hunter22"))).hasToString("Credentials[***]");
    }

    private static List<String> forms(String user, String password) {
        String encoded = URLEncoder.encode(password, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
        return List.of(
                password,
                encoded,
                encoded.replace("%20", "+"),
                password.replace("\\", "\\\\").replace("\"", "\\\""),
                Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
    }

    private static String odd(Random random, int length) {
        int[] characters = ODD.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(characters[random.nextInt(characters.length)]);
        }
        return text.toString();
    }

    @Test
    void shouldMaskAPasswordAndThePairThatBasicAuthenticationSends() {
        Redaction.register("ann", Secret.of("pair-4714"));
        String pair = Base64.getEncoder().encodeToString("ann:pair-4714".getBytes(StandardCharsets.UTF_8));
        assertThat(Redaction.redact("pair-4714")).isEqualTo("***");
        assertThat(Redaction.redact("Authorization: Basic " + pair)).isEqualTo("Authorization: Basic ***");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ://cam/admin:word            | ://cam/admin:***
            http://cam?/admin:word       | http://cam?/admin:word
            http://cam/x?/admin:word     | http://cam/x?/admin:word
            http://cam/admin:word/       | http://cam/admin:***/
            """)
    void shouldMaskSegmentsOfThePathOnly(String text, String expected) {
        assertThat(Redaction.redact(text)).isEqualTo(expected);
    }
}
