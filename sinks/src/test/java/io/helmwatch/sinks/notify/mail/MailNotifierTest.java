package io.helmwatch.sinks.notify.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.sink.NotifyConfig.Encryption;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against GreenMail. */
class MailNotifierTest {
    private final GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));

    @TempDir
    Path folder;

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    private NotifyConfig.Mail target(Encryption encryption, @Nullable String user, @Nullable Secret password) {
        return new NotifyConfig.Mail(
                "127.0.0.1",
                server.getSmtp().getPort(),
                encryption,
                user,
                password,
                "helmwatch@site.example",
                List.of("safety@site.example", "guards@site.example"),
                true);
    }

    private MailNotifier notifier(NotifyConfig.Mail target) {
        return new MailNotifier(target, folder, ZoneOffset.UTC);
    }

    @Test
    void shouldSendAnIncidentInWordsWithItsPicture() throws Exception {
        byte[] picture = {(byte) 0xff, (byte) 0xd8, 1, 2, 3};
        Files.createDirectories(folder.resolve("gate"));
        Files.write(folder.resolve("gate/one.jpg"), picture);
        NotifyConfig.Mail target = target(Encryption.NONE, null, null);
        try (Notification guards = new Notification(
                NotifyConfig.of("guards", target),
                SpoolConfig.DEFAULT.withDirectory(folder.resolve("spool")),
                notifier(target),
                incident -> false,
                Clock.systemUTC())) {
            guards.publish(
                    Incidents.bareHead("gate", 1, 0, Incident.Phase.START),
                    CompletableFuture.completedFuture(new Incident.Snapshot("gate/one.jpg", "00", null, null)));
            await().untilAsserted(() -> assertThat(server.getReceivedMessages()).hasSize(2));
        }
        MimeMessage mail = server.getReceivedMessages()[0];
        assertThat(mail.getSubject()).startsWith("No helmet at gate, pit since 2026-11-20 12:00:00");
        MimeMultipart parts = (MimeMultipart) mail.getContent();
        assertThat(parts.getCount()).isEqualTo(2);
        assertThat(parts.getBodyPart(0).getContent().toString()).contains("Rule: no-helmet-in-pit");
        assertThat(parts.getBodyPart(1).getFileName()).isEqualTo("one.jpg");
        assertThat(parts.getBodyPart(1).getInputStream().readAllBytes()).isEqualTo(picture);
    }

    @Test
    void shouldSendAnIncidentWhoseSnapshotIsGone() throws Exception {
        NotifyConfig.Mail target = target(Encryption.NONE, null, null);
        try (Notification guards = new Notification(
                NotifyConfig.of("guards", target),
                SpoolConfig.DEFAULT.withDirectory(folder.resolve("spool")),
                notifier(target),
                incident -> false,
                Clock.systemUTC())) {
            guards.publish(
                    Incidents.bareHead("gate", 1, 0, Incident.Phase.START),
                    CompletableFuture.completedFuture(
                            new Incident.Snapshot("gate/gone.jpg", "00", null, null, null, null)));
            await().untilAsserted(() -> assertThat(server.getReceivedMessages()).hasSize(2));
        }
        MimeMultipart parts = (MimeMultipart) server.getReceivedMessages()[0].getContent();
        assertThat(parts.getCount()).isEqualTo(1);
    }

    @Test
    void shouldSendADigestAsOneMail() throws Exception {
        NotifyMessage message = NotifyMessage.test("guards", 1);
        try (MailNotifier notifier = notifier(target(Encryption.NONE, null, null))) {
            notifier.deliver(List.of(message, NotifyMessage.test("guards", 2)));
        }
        MimeMessage mail = server.getReceivedMessages()[0];
        assertThat(mail.getSubject()).contains("and 1 more message");
        assertThat(((MimeMultipart) mail.getContent()).getCount()).isEqualTo(1);
    }

    @Test
    void shouldSayThatThePasswordIsRefused() {
        server.setUser("safety@site.example", "user", "right");
        NotifyException refused = catchThrowableOfType(NotifyException.class, () -> {
            try (MailNotifier notifier = notifier(target(Encryption.NONE, "user", Secret.of("wrong-word")))) {
                notifier.deliver(List.of(NotifyMessage.test("guards", 1)));
            }
        });
        assertThat(refused).hasMessageContaining("refuses the user or the password");
        assertThat(refused.getMessage()).doesNotContain("wrong-word");
    }

    @Test
    void shouldNotSendWithoutEncryptionWhereItIsWanted() {
        NotifyException refused = catchThrowableOfType(NotifyException.class, () -> {
            try (MailNotifier notifier = notifier(target(Encryption.START_TLS, null, null))) {
                notifier.deliver(List.of(NotifyMessage.test("guards", 1)));
            }
        });
        assertThat(refused).hasMessageContaining("STARTTLS");
        assertThat(server.getReceivedMessages()).isEmpty();
    }

    @Test
    void shouldSayThatNobodyListens() {
        NotifyConfig.Mail target = target(Encryption.NONE, null, null);
        server.stop();
        NotifyException refused = catchThrowableOfType(NotifyException.class, () -> {
            try (MailNotifier notifier = notifier(target)) {
                notifier.deliver(List.of(NotifyMessage.test("guards", 1)));
            }
        });
        assertThat(refused).hasMessageContaining("mail server 127.0.0.1").hasMessageContaining("refused");
    }
}
