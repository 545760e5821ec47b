package io.helmwatch.config;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.sink.NotifyConfig.Mail;
import io.helmwatch.config.sink.NotifyConfig.Mqtt;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.StreamConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Passwords that logs cannot mask for certain, since they are too short to be told from ordinary words: {@link Redaction}. */
public final class ShortPasswords {
    private ShortPasswords() {}

    /** One sentence for each, without the password. */
    public static List<String> of(HelmwatchConfig config) {
        List<String> problems = new ArrayList<>();
        for (StreamConfig stream : config.streams()) {
            Credentials credentials = stream.credentials();
            check("stream " + stream.id(), credentials == null ? null : credentials.password(), problems);
        }
        for (NotifyConfig notification : config.notifications()) {
            Secret password = notification.target() instanceof Mail mail
                    ? mail.password()
                    : notification.target() instanceof Mqtt mqtt ? mqtt.password() : null;
            check("notify " + notification.name(), password, problems);
        }
        return problems;
    }

    private static void check(String subject, @Nullable Secret password, List<String> problems) {
        if (password != null
                && !password.reveal().isEmpty()
                && password.reveal().length() < Redaction.SAFE_SECRET_LENGTH) {
            problems.add(subject + ": the password has fewer than " + Redaction.SAFE_SECRET_LENGTH
                    + " characters, so that logs mask it at most where it stands alone: choose a longer one");
        }
    }
}
