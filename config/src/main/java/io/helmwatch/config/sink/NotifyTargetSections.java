package io.helmwatch.config.sink;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.parsed;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.SecretKeys;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.ValueType;
import io.helmwatch.config.secret.CertificateFile;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.NotifyConfig.Encryption;
import io.helmwatch.config.sink.NotifyConfig.Mail;
import io.helmwatch.config.sink.NotifyConfig.Mqtt;
import io.helmwatch.config.sink.NotifyConfig.Webhook;
import io.helmwatch.config.stream.HostAndPort;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The sections {@code notify[].webhook}, {@code notify[].mqtt} and {@code notify[].mail}. */
final class NotifyTargetSections {
    private static final int MQTT_PORT = 1883;
    private static final int MQTT_TLS_PORT = 8883;
    private static final Pattern MAIL_ADDRESS = Pattern.compile("[^@\\s<>,;\"]{1,64}@[^@\\s<>,;\"]{1,255}");
    /** Levels without MQTT's wildcards, not empty at the ends. */
    private static final Pattern TOPIC = Pattern.compile("[^/+#\\s\\p{Cntrl}][^+#\\p{Cntrl}]{0,199}(?<!/)");

    private static final Key<Webhook, URI> URL = Key.<Webhook, URI>required(
                    "url",
                    parsed(
                            "`http` or `https` URL",
                            NotifyTargetSections::url,
                            URI::toString,
                            "must be an http:// or https:// URL"),
                    Webhook::url,
                    "https://...",
                    "address that gets a POST for each message; shown as three stars, since it often holds a key")
            .secret()
            .exampleInForce("https://alarms.example/hooks/helmwatch");
    private static final SecretKeys<Webhook> SECRET = new SecretKeys<>("secret", Webhook::secret, "HOOK_SECRET");
    private static final Key<Webhook, Boolean> ALLOW_LOCAL = Key.of(
            "allow-local",
            flag(),
            false,
            Webhook::allowLocal,
            "whether loopback and link-local addresses of this machine and its cloud may be contacted");
    private static final Key<Webhook, Duration> TIMEOUT = Key.of(
            "timeout",
            duration(Duration.ofMillis(100), Duration.ofMinutes(2)),
            Duration.ofSeconds(10),
            Webhook::timeout,
            "longest time for a request");

    private static final Key<Webhook, String> BODY = Key.<Webhook, String>optional(
                    "body",
                    TemplateType.template(),
                    Webhook::body,
                    "the JSON of the events topic",
                    "JSON to send instead, with [placeholders](notifications.md#templates)")
            .example("'{\"text\": \"{{subject}}\"}'");

    static final SectionSpec<Webhook> WEBHOOK = SectionSpec.of(
            "a server that gets each message as the JSON of the events topic",
            URL,
            SECRET.variable(),
            SECRET.file(),
            ALLOW_LOCAL,
            TIMEOUT,
            BODY);

    private static final Key<Mqtt, HostAndPort> BROKER = Key.<Mqtt, HostAndPort>required(
                    "broker",
                    hostAndPort(),
                    mqtt -> new HostAndPort(mqtt.host(), mqtt.port()),
                    "host or host:port",
                    "MQTT 5 broker; port 1883, or 8883 with TLS, where none is given")
            .exampleInForce("mqtt.example:1883");
    private static final Key<Mqtt, Boolean> TLS =
            Key.of("tls", flag(), false, Mqtt::tls, "whether the connection is encrypted");
    private static final Key<Mqtt, Path> TLS_CA_FILE = Key.<Mqtt, Path>optional(
                    "tls-ca-file",
                    path(),
                    Mqtt::tlsCaFile,
                    "Java's own authorities",
                    "PEM file of the certificates that the broker's must be or be signed by")
            .example("mqtt-ca.pem");
    private static final Key<Mqtt, String> MQTT_USER = Key.<Mqtt, String>optional(
                    "username", text(), Mqtt::username, "none", "the user")
            .example("helmwatch");
    private static final SecretKeys<Mqtt> MQTT_PASSWORD = new SecretKeys<>("password", Mqtt::password, "MQTT_PASSWORD");
    private static final Key<Mqtt, String> MQTT_TOPIC =
            Key.of("topic", topic(), "helmwatch", Mqtt::topic, "first levels of the topics");
    private static final Key<Mqtt, String> HOME_ASSISTANT = Key.<Mqtt, String>optional(
                    "home-assistant",
                    topic(),
                    Mqtt::homeAssistant,
                    "not announced",
                    "first level of Home Assistant's discovery topics, usually `homeassistant`")
            .example("homeassistant");

    static final SectionSpec<Mqtt> MQTT = SectionSpec.of(
            "an MQTT 5 broker",
            BROKER,
            TLS,
            TLS_CA_FILE,
            MQTT_USER,
            MQTT_PASSWORD.variable(),
            MQTT_PASSWORD.file(),
            MQTT_TOPIC,
            HOME_ASSISTANT);

    private static final Key<Mail, HostAndPort> SERVER = Key.<Mail, HostAndPort>required(
                    "server",
                    hostAndPort(),
                    mail -> new HostAndPort(mail.host(), mail.port()),
                    "host or host:port",
                    "mail server; the usual port of `encryption` where none is given")
            .exampleInForce("smtp.example:587");
    private static final Key<Mail, Encryption> ENCRYPTION = Key.of(
            "encryption",
            choice(Encryption.class),
            Encryption.START_TLS,
            Mail::encryption,
            "how the connection is encrypted: port 465, 587 or 25");
    private static final Key<Mail, String> MAIL_USER = Key.<Mail, String>optional(
                    "username", text(), Mail::username, "none", "the user")
            .example("helmwatch");
    private static final SecretKeys<Mail> MAIL_PASSWORD = new SecretKeys<>("password", Mail::password, "MAIL_PASSWORD");
    private static final Key<Mail, String> FROM = Key.<Mail, String>required(
                    "from", address(), Mail::from, "an address such as helmwatch@site.example", "sender")
            .exampleInForce("helmwatch@site.example");
    private static final Key<Mail, List<String>> TO = Key.<Mail, List<String>>required(
                    "to", listOf(address()), Mail::to, "addresses such as [safety@site.example]", "addresses")
            .exampleInForce("[safety@site.example]");
    private static final Key<Mail, Boolean> ATTACH_SNAPSHOT =
            Key.of("attach-snapshot", flag(), true, Mail::attachSnapshot, "whether an incident's snapshot is attached");

    private static final Key<Mail, String> SUBJECT = Key.<Mail, String>optional(
                    "subject",
                    TemplateType.template(),
                    Mail::subject,
                    "a sentence that says what happened where",
                    "subject, with [placeholders](notifications.md#templates)")
            .example("'{{camera}}: {{subject}}'");
    private static final Key<Mail, String> TEXT = Key.<Mail, String>optional(
                    "text",
                    TemplateType.template(),
                    Mail::text,
                    "lines that say what is known",
                    "text, with [placeholders](notifications.md#templates)")
            .example("'{{text}}'");

    static final SectionSpec<Mail> MAIL = SectionSpec.of(
            "a mail server",
            SERVER,
            ENCRYPTION,
            MAIL_USER,
            MAIL_PASSWORD.variable(),
            MAIL_PASSWORD.file(),
            FROM,
            TO,
            ATTACH_SNAPSHOT,
            SUBJECT,
            TEXT);

    private NotifyTargetSections() {}

    static @Nullable Webhook webhook(Section section) {
        URI url = section.required(URL);
        Secret secret = SECRET.read(section);
        boolean allowLocal = section.value(ALLOW_LOCAL);
        Duration timeout = section.value(TIMEOUT);
        String body = section.optional(BODY);
        return url == null ? null : new Webhook(url, secret, allowLocal, timeout, body);
    }

    static @Nullable Mqtt mqtt(Section section) {
        HostAndPort broker = section.required(BROKER);
        boolean tls = section.value(TLS);
        Path authorities = section.optional(TLS_CA_FILE);
        if (authorities != null) {
            String problem = tls ? CertificateFile.problem(authorities) : "is for tls: true";
            if (!problem.isEmpty()) {
                section.problem(TLS_CA_FILE, problem);
            }
        }
        String username = section.optional(MQTT_USER);
        Secret password = MQTT_PASSWORD.read(section);
        if (password != null && username == null) {
            section.problem(MQTT_USER, "missing: a password needs a username");
        }
        String topic = section.value(MQTT_TOPIC);
        String homeAssistant = section.optional(HOME_ASSISTANT);
        if (broker == null) {
            return null;
        }
        int port = broker.port() != 0 ? broker.port() : tls ? MQTT_TLS_PORT : MQTT_PORT;
        return new Mqtt(broker.host(), port, tls, authorities, username, password, topic, homeAssistant);
    }

    static @Nullable Mail mail(Section section) {
        HostAndPort server = section.required(SERVER);
        Encryption encryption = section.value(ENCRYPTION);
        String username = section.optional(MAIL_USER);
        Secret password = MAIL_PASSWORD.read(section);
        if (password != null && encryption == Encryption.NONE) {
            section.problem(ENCRYPTION, "none would send the password readable for everybody on the way");
        }
        String from = section.required(FROM);
        List<String> to = section.required(TO);
        if (to != null && to.isEmpty()) {
            section.problem(TO, "must have at least one address");
        }
        boolean attach = section.value(ATTACH_SNAPSHOT);
        String subject = section.optional(SUBJECT);
        String text = section.optional(TEXT);
        if (server == null || from == null || to == null) {
            return null;
        }
        int port = server.port() != 0 ? server.port() : usualPort(encryption);
        return new Mail(server.host(), port, encryption, username, password, from, to, attach, subject, text);
    }

    private static int usualPort(Encryption encryption) {
        return switch (encryption) {
            case TLS -> 465;
            case START_TLS -> 587;
            case NONE -> 25;
        };
    }

    private static @Nullable URI url(String text) {
        try {
            URI url = new URI(text.strip());
            boolean isHttp = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            return isHttp && url.getHost() != null && url.getUserInfo() == null ? url : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static ValueType<HostAndPort> hostAndPort() {
        return parsed("`host` or `host:port`", HostAndPort::parse, HostAndPort::toString, HostAndPort.RULE);
    }

    private static ValueType<String> topic() {
        return text(
                "topic levels",
                topic -> TOPIC.matcher(topic).matches(),
                "must be topic levels such as helmwatch or sites/a, without + and #");
    }

    private static ValueType<String> address() {
        return text(
                "mail address",
                address -> MAIL_ADDRESS.matcher(address).matches(),
                "must be an address such as helmwatch@site.example");
    }
}
