package io.helmwatch.config.http;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Names;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.secret.SecretFile;
import io.helmwatch.config.yaml.Yaml;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The items of {@code http.users} and {@code http.tokens}. */
final class UserSection {
    private static final int SHORTEST_TOKEN = 24;
    private static final String NAME_IN_AUDIT = "name in the login and the audit log";
    private static final String ROLE_EXPECTED = "viewer, operator or admin";
    private static final String ROLE_MEANING =
            "`viewer` reads, `operator` also acknowledges incidents and edits zones and rules, `admin` does everything";

    private static final Key<AccessConfig.User, String> USER_NAME = Key.required(
                    "name", Names.type(), AccessConfig.User::name, "a name such as kim", NAME_IN_AUDIT)
            .exampleInForce("kim");
    private static final Key<AccessConfig.User, Role> USER_ROLE = Key.required(
                    "role", choice(Role.class), AccessConfig.User::role, ROLE_EXPECTED, ROLE_MEANING)
            .exampleInForce("admin");
    private static final Key<AccessConfig.User, String> PASSWORD_HASH = Key.<AccessConfig.User, String>optional(
                    "password-hash",
                    text(),
                    user -> user.password().text(),
                    "none",
                    "hash of the password, made by `./helmwatch password`")
            .secret()
            .exampleInForce("${HELMWATCH_KIM_HASH}");
    private static final Key<AccessConfig.User, Path> PASSWORD_HASH_FILE = Key.<AccessConfig.User, Path>optional(
                    "password-hash-file", path(), user -> null, "none", "or: file whose first line is the hash")
            .example("kim.hash");

    private static final Key<AccessConfig.Token, String> TOKEN_NAME = Key.required(
                    "name", Names.type(), AccessConfig.Token::name, "a name such as scraper", "name in the audit log")
            .exampleInForce("scraper");
    private static final Key<AccessConfig.Token, Role> TOKEN_ROLE = Key.required(
                    "role", choice(Role.class), AccessConfig.Token::role, ROLE_EXPECTED, ROLE_MEANING)
            .exampleInForce("viewer");
    private static final Key<AccessConfig.Token, String> TOKEN_ENV = Key.<AccessConfig.Token, String>optional(
                    "token-env",
                    text(),
                    token -> token.value().reveal(),
                    "none",
                    "environment variable that holds the token, at least " + SHORTEST_TOKEN + " characters")
            .secret()
            .exampleInForce("HELMWATCH_SCRAPER_TOKEN");
    private static final Key<AccessConfig.Token, Path> TOKEN_FILE = Key.<AccessConfig.Token, Path>optional(
                    "token-file", path(), token -> null, "none", "or: file whose first line is the token")
            .example("scraper.token");

    static final SectionSpec<AccessConfig.User> USER =
            SectionSpec.of("people who log in", USER_NAME, USER_ROLE, PASSWORD_HASH, PASSWORD_HASH_FILE);
    static final SectionSpec<AccessConfig.Token> TOKEN = SectionSpec.of(
            "programs that send `Authorization: Bearer TOKEN`", TOKEN_NAME, TOKEN_ROLE, TOKEN_ENV, TOKEN_FILE);

    private UserSection() {}

    static List<AccessConfig.User> readUsers(@Nullable List<Section> sections) {
        List<AccessConfig.User> users = new ArrayList<>();
        Map<String, Integer> lines = new HashMap<>();
        for (Section section : sections == null ? List.<Section>of() : sections) {
            String name = section.required(USER_NAME);
            if (name != null) {
                Names.requireUnique(section, USER_NAME, name, lines, "user of this name");
            }
            Role role = section.required(USER_ROLE);
            PasswordHash hash = hash(section);
            if (name != null && role != null && hash != null) {
                users.add(new AccessConfig.User(name, role, hash));
            }
        }
        return users;
    }

    private static @Nullable PasswordHash hash(Section section) {
        String text = section.optional(PASSWORD_HASH);
        Path file = section.optional(PASSWORD_HASH_FILE);
        Key<?, ?> given = file == null ? PASSWORD_HASH : PASSWORD_HASH_FILE;
        if (text != null && file != null) {
            section.problem(PASSWORD_HASH_FILE, "excludes password-hash");
            return null;
        }
        if (file != null) {
            text = firstLine(section, PASSWORD_HASH_FILE, file);
        } else if (text == null && !section.has(PASSWORD_HASH)) {
            section.problem(PASSWORD_HASH, "missing: expected password-hash or password-hash-file");
        }
        if (text == null) {
            return null;
        }
        PasswordHash hash = PasswordHash.parse(text);
        if (hash == null) {
            // At the name: the value may be a password, which must not be shown.
            section.problem(USER_NAME, given.name() + " " + PasswordHash.RULE);
        }
        return hash;
    }

    static List<AccessConfig.Token> readTokens(@Nullable List<Section> sections) {
        List<AccessConfig.Token> tokens = new ArrayList<>();
        Map<String, Integer> lines = new HashMap<>();
        for (Section section : sections == null ? List.<Section>of() : sections) {
            String name = section.required(TOKEN_NAME);
            if (name != null) {
                Names.requireUnique(section, TOKEN_NAME, name, lines, "token of this name");
            }
            Role role = section.required(TOKEN_ROLE);
            Secret value = token(section);
            if (name != null && role != null && value != null) {
                tokens.add(new AccessConfig.Token(name, role, value));
            }
        }
        return tokens;
    }

    private static @Nullable Secret token(Section section) {
        String variable = section.optional(TOKEN_ENV);
        Path file = section.optional(TOKEN_FILE);
        Key<?, ?> given = file == null ? TOKEN_ENV : TOKEN_FILE;
        String text = null;
        if (variable != null && file != null) {
            section.problem(TOKEN_FILE, "excludes token-env");
        } else if (file != null) {
            text = firstLine(section, TOKEN_FILE, file);
        } else if (variable != null) {
            text = section.file().variable(variable);
            if (text == null || text.isEmpty()) {
                section.problem(TOKEN_ENV, "environment variable " + Yaml.shorten(variable) + " is not set");
                return null;
            }
        } else if (!section.has(TOKEN_ENV)) {
            section.problem(TOKEN_ENV, "missing: expected token-env or token-file");
        }
        if (text == null) {
            return null;
        }
        String token = text.strip();
        if (token.length() < SHORTEST_TOKEN || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            section.problem(
                    given,
                    "the token must be at least " + SHORTEST_TOKEN
                            + " visible ASCII characters; make one with openssl rand -hex 32");
            return null;
        }
        Secret value = Secret.of(token);
        Redaction.register(value);
        return value;
    }

    private static @Nullable String firstLine(Section section, Key<?, ?> key, Path file) {
        SecretFile.Content content = SecretFile.firstLine(file);
        if (content.text() == null) {
            section.problem(key, content.problem());
        }
        return content.text();
    }
}
