package io.helmwatch.config.stream;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.RefusedKey;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.secret.SecretFile;
import io.helmwatch.config.secret.UserInfo;
import io.helmwatch.config.stream.Credentials.BasicAuthentication;
import io.helmwatch.config.yaml.Yaml;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The section {@code streams[].credentials}. */
final class CredentialsSection {
    private static final Key<Credentials, String> USERNAME = Key.<Credentials, String>optional(
                    "username", text(), Credentials::username, "none", "the user")
            .secret()
            .exampleInForce("operator");
    private static final Key<Credentials, String> USERNAME_ENV = alternative(
                    "username-env", "or: environment variable that holds the user")
            .example("GATE3_USER");
    private static final Key<Credentials, String> PASSWORD_ENV = Key.<Credentials, String>optional(
                    "password-env",
                    text(),
                    credentials -> credentials.password().reveal(),
                    "none",
                    "environment variable that holds the password")
            .secret()
            .exampleInForce("GATE3_PASSWORD");
    private static final Key<Credentials, Path> PASSWORD_FILE = Key.<Credentials, Path>optional(
                    "password-file", path(), credentials -> null, "none", "or: file whose first line is the password")
            .example("gate-3.pass");
    private static final Key<Credentials, BasicAuthentication> BASIC = Key.of(
            "basic",
            choice(BasicAuthentication.class),
            BasicAuthentication.ALLOW,
            Credentials::basic,
            "whether the password may be sent with Basic authentication, which shows it to everybody on the way");

    /** In requests only. */
    private static final Key<Credentials, String> PASSWORD_TEXT =
            alternative("password", "the password").secret();

    private static final RefusedKey<Credentials> PASSWORD = new RefusedKey<>(
            "password", "a password does not belong in the file: use password-env: NAME or password-file: PATH");

    static final SectionSpec<Credentials> SPEC = SectionSpec.of(
            "user and password of the camera, see [Passwords](#passwords)",
            USERNAME,
            USERNAME_ENV,
            PASSWORD_ENV,
            PASSWORD_FILE,
            BASIC,
            PASSWORD);

    private CredentialsSection() {}

    private static Key<Credentials, String> alternative(String name, String description) {
        return Key.optional(name, text(), credentials -> null, "none", description);
    }

    /**
     * The credentials; null where none are given or something is wrong.
     *
     * @param url the stream's address, which may hold a user and password; null where it is wrong
     */
    static @Nullable Credentials read(Section section, @Nullable String url) {
        if (!section.isGiven()) {
            return null;
        }
        BasicAuthentication basic = section.value(BASIC);
        UserInfo userInfo = url == null ? null : UserInfo.of(url);
        if (userInfo != null) {
            if (Stream.of(USERNAME, USERNAME_ENV, PASSWORD_ENV, PASSWORD_FILE).anyMatch(section::has)) {
                section.problem(USERNAME, "the url has a user already: keep one of the two");
            }
            return new Credentials(userInfo.username(), Secret.of(userInfo.password()), basic);
        }
        String username = username(section);
        String password = password(section);
        return username == null || password == null ? null : new Credentials(username, Secret.of(password), basic);
    }

    private static @Nullable String username(Section section) {
        String username = section.optional(USERNAME);
        String variable = section.optional(USERNAME_ENV);
        if (username != null && variable != null) {
            section.problem(USERNAME_ENV, "excludes username");
        } else if (variable != null) {
            return variable(section, USERNAME_ENV, variable);
        } else if (username == null && !section.has(USERNAME)) {
            section.problem(USERNAME, "missing: expected username or username-env");
        }
        return username;
    }

    private static @Nullable String password(Section section) {
        String variable = section.optional(PASSWORD_ENV);
        if (section.file().isRequest() && section.has(PASSWORD_FILE)) {
            section.problem(PASSWORD_FILE, "is for the configuration file only: send password");
            return null;
        }
        Path file = section.optional(PASSWORD_FILE);
        if (section.file().isRequest() && section.has(PASSWORD_TEXT)) {
            if (section.has(PASSWORD_ENV)) {
                section.problem(PASSWORD_TEXT, "excludes password-env");
            }
            return section.optional(PASSWORD_TEXT);
        }
        if (variable != null && file != null) {
            section.problem(PASSWORD_FILE, "excludes password-env");
        } else if (variable != null) {
            return variable(section, PASSWORD_ENV, variable);
        } else if (file != null) {
            SecretFile.Content content = SecretFile.firstLine(file);
            if (content.text() == null) {
                section.problem(PASSWORD_FILE, content.problem());
            }
            return content.text();
        } else if (Stream.of(PASSWORD_ENV, PASSWORD_FILE, PASSWORD).noneMatch(section::has)) {
            section.problem(
                    PASSWORD_ENV,
                    section.file().isRequest()
                            ? "missing: expected password or password-env"
                            : "missing: expected password-env or password-file");
        }
        return null;
    }

    private static @Nullable String variable(Section section, Key<?, String> key, String name) {
        if (!section.file().mayNameVariable(name)) {
            section.problem(key, "must be one of desk.password-variables");
            return null;
        }
        String value = section.file().variable(name);
        if (value == null || value.isEmpty()) {
            section.problem(key, "environment variable " + Yaml.shorten(name) + " is not set");
            return null;
        }
        return value;
    }
}
