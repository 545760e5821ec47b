package io.helmwatch.config.http;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.http.AccessConfig.Anonymous;
import io.helmwatch.config.http.AccessConfig.Probes;
import io.helmwatch.config.http.AccessConfig.ViewerVideo;
import io.helmwatch.config.http.HttpConfig.TlsFiles;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.NestedSection;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionList;
import io.helmwatch.config.schema.SectionSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** The section {@code http}. */
public final class HttpSection {
    private static final HttpConfig DEFAULT = HttpConfig.DEFAULT;
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?");
    private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?");
    private static final int LONGEST_SITE = 64;

    private static final Key<HttpConfig, Boolean> ENABLED =
            Key.of("enabled", flag(), DEFAULT.enabled(), HttpConfig::enabled, "whether the HTTP server runs");
    private static final Key<HttpConfig, String> HOST = Key.of(
            "host",
            text("host name or address", host -> !host.isBlank(), "must be a host name or address"),
            DEFAULT.host(),
            HttpConfig::host,
            "address to listen on; `0.0.0.0` opens it to the network, which needs `users`, `tokens` or `anonymous: viewer`");
    private static final Key<HttpConfig, Integer> PORT = Key.of(
            "port",
            wholeNumber(0, 65_535),
            DEFAULT.port(),
            HttpConfig::port,
            "port; `0` takes a free one and prints it");
    private static final Key<HttpConfig, String> SITE = Key.of(
            "site",
            text("text", site -> site.length() <= LONGEST_SITE, "must have at most " + LONGEST_SITE + " characters"),
            DEFAULT.site(),
            HttpConfig::site,
            "name of the site, shown by the page");
    private static final Key<HttpConfig, List<String>> NAMES = Key.<HttpConfig, List<String>>of(
                    "names",
                    listOf(text("host names", name -> HOST_NAME.matcher(name).matches(), "must be a host name")),
                    DEFAULT.names(),
                    HttpConfig::names,
                    "further host names under which browsers reach the server; requests for other names are refused")
            .example("[helmwatch.site.example]");
    private static final NestedSection<HttpConfig, TlsFiles> TLS =
            NestedSection.optional("tls", TlsSection.SPEC, HttpConfig::tls, "plain HTTP");
    private static final Key<HttpConfig, Anonymous> ANONYMOUS = Key.of(
            "anonymous",
            choice(Anonymous.class),
            AccessConfig.DEFAULT.anonymous(),
            http -> http.access().anonymous(),
            "what requests without a login may do: nothing, or read as a `viewer`; without users and tokens the loopback"
                    + " address allows everything");
    private static final Key<HttpConfig, Probes> PROBES = Key.of(
            "probes",
            choice(Probes.class),
            AccessConfig.DEFAULT.probes(),
            http -> http.access().probes(),
            "who reads `/live`, `/ready`, `/startup` and `/metrics`: everybody who reaches the address, or role `viewer`");
    private static final Key<HttpConfig, ViewerVideo> VIEWER_VIDEO = Key.of(
            "viewer-video",
            choice(ViewerVideo.class),
            AccessConfig.DEFAULT.viewerVideo(),
            http -> http.access().viewerVideo(),
            "video of role `viewer`: as the camera sends it, or `jpeg` frames drawn by the service; streams with masks are"
                    + " always `jpeg`");
    private static final Key<HttpConfig, Duration> SESSION_LIFETIME = Key.of(
            "session-lifetime",
            duration(Duration.ofMinutes(1), Duration.ofDays(30)),
            AccessConfig.DEFAULT.sessionLifetime(),
            http -> http.access().sessionLifetime(),
            "time from a login to the next");
    private static final Key<HttpConfig, Path> AUDIT_FILE = Key.of(
            "audit-file",
            path(),
            AccessConfig.DEFAULT.auditFile(),
            http -> http.access().auditFile(),
            "JSON lines file of logins and changes");
    private static final SectionList<HttpConfig, AccessConfig.User> USERS =
            SectionList.of("users", UserSection.USER, http -> http.access().users(), "none");
    private static final SectionList<HttpConfig, AccessConfig.Token> TOKENS =
            SectionList.of("tokens", UserSection.TOKEN, http -> http.access().tokens(), "none");

    /** The keys of the section. */
    public static final SectionSpec<HttpConfig> SPEC = SectionSpec.of(
            "the page, its API, metrics (`/metrics`), health (`/live`, `/ready`, `/startup`) and stream states (`/streams`);"
                    + " see [the desk](desk.md)",
            ENABLED,
            HOST,
            PORT,
            SITE,
            NAMES,
            TLS,
            ANONYMOUS,
            PROBES,
            VIEWER_VIDEO,
            SESSION_LIFETIME,
            AUDIT_FILE,
            USERS,
            TOKENS);

    private HttpSection() {}

    /** Reads the section and reports its problems. */
    public static HttpConfig read(Section section) {
        AccessConfig access = new AccessConfig(
                section.value(ANONYMOUS),
                section.value(PROBES),
                section.value(VIEWER_VIDEO),
                UserSection.readUsers(section.sections(USERS)),
                UserSection.readTokens(section.sections(TOKENS)),
                section.value(SESSION_LIFETIME),
                section.file().resolve(section.value(AUDIT_FILE).toString()));
        HttpConfig http = new HttpConfig(
                section.value(ENABLED),
                section.value(HOST),
                section.value(PORT),
                section.value(SITE),
                section.value(NAMES),
                TlsSection.read(section.section(TLS)),
                access);
        boolean isOpen = !LOOPBACK.matcher(http.host()).matches();
        if (http.enabled()
                && isOpen
                && access.anonymous() == Anonymous.NONE
                && !section.has(USERS)
                && !section.has(TOKENS)) {
            section.problem(
                    HOST,
                    "is not a loopback address, so it needs http.users or http.tokens (hashes: ./helmwatch password);"
                            + " or write http.anonymous: viewer to let everybody read");
        }
        return http;
    }
}
