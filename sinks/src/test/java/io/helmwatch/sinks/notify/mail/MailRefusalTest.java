package io.helmwatch.sinks.notify.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.sink.NotifyConfig.Encryption;
import io.helmwatch.sinks.notify.DeliveryLog;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a mail that a server does not take. */
class MailRefusalTest {
    private static final String SAFETY = "safety@site.example";
    private static final String GUARDS = "guards@site.example";

    private final RefusingMailServer server;

    @TempDir
    Path folder;

    MailRefusalTest() throws IOException {
        server = new RefusingMailServer();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private NotifyConfig.Mail target() {
        return new NotifyConfig.Mail(
                "127.0.0.1",
                server.port(),
                Encryption.NONE,
                null,
                null,
                "helmwatch@site.example",
                List.of(SAFETY, GUARDS),
                true);
    }

    private MailNotifier notifier() {
        return new MailNotifier(target(), folder, ZoneOffset.UTC);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            .          | 552 5.3.4 message too large       | true
            .          | 554 5.7.1 spam                    | true
            .          | 451 4.3.0 try again later         | false
            .          | 452 4.3.1 no space                | false
            DATA       | 554 5.5.1 no                      | true
            DATA       | 421 4.3.2 going down              | false
            RCPT       | 550 5.1.1 no such user            | true
            RCPT       | 552 5.2.2 mailbox full            | true
            RCPT       | 450 4.2.1 greylisted              | false
            MAIL       | 550 5.7.1 sender not allowed      | true
            MAIL       | 530 5.7.0 authentication required | false
            MAIL       | 451 4.3.0 try again later         | false
            """)
    void shouldKnowWhichAnswersAreForGood(String line, String answer, boolean isPermanent) {
        server.answer(line, answer);
        NotifyException refused = catchThrowableOfType(NotifyException.class, () -> {
            try (MailNotifier notifier = notifier()) {
                notifier.deliver(List.of(NotifyMessage.test("guards", 1)));
            }
        });
        assertThat(refused.isPermanent()).isEqualTo(isPermanent);
        assertThat(refused)
                .hasMessageContaining("mail server 127.0.0.1:" + server.port())
                .hasMessageContaining(answer.strip());
    }

    @Test
    void shouldSendToTheOthersWhereOneAddressDoesNotExist() throws Exception {
        server.answer("RCPT TO:<" + SAFETY, "550 5.1.1 no such user");
        try (MailNotifier notifier = notifier()) {
            notifier.deliver(List.of(NotifyMessage.test("guards", 1)));
        }
        assertThat(server.mails()).containsExactly(List.of(GUARDS));
    }

    @Test
    void shouldSendAgainOnlyToThoseWhoHaveNotGotAMail() throws Exception {
        server.answer("RCPT TO:<" + SAFETY, "450 4.2.1 greylisted");
        try (MailNotifier notifier = notifier()) {
            List<NotifyMessage> message = List.of(NotifyMessage.test("guards", 1));
            NotifyException later = catchThrowableOfType(NotifyException.class, () -> notifier.deliver(message));
            assertThat(later.isPermanent()).isFalse();
            assertThat(later).hasMessageContaining("450 4.2.1 greylisted");
            server.answer("RCPT TO:<" + SAFETY, "");
            notifier.deliver(message);
            notifier.deliver(List.of(NotifyMessage.test("guards", 2)));
        }
        assertThat(server.mails()).containsExactly(List.of(GUARDS), List.of(SAFETY), List.of(SAFETY, GUARDS));
    }

    @Test
    void shouldSendADigestThatGrewToThoseToWhomItWasShorter() {
        NotifyMessage first = NotifyMessage.test("guards", 1);
        NotifyMessage second = NotifyMessage.test("guards", 2);
        server.answer("RCPT TO:<" + SAFETY, "450 4.2.1 greylisted");
        try (MailNotifier notifier = notifier()) {
            assertThatThrownBy(() -> notifier.deliver(List.of(first))).hasMessageContaining("450 4.2.1 greylisted");
            server.answer("RCPT TO:<" + SAFETY, "");
            assertThatCode(() -> notifier.deliver(List.of(first, second))).doesNotThrowAnyException();
        }
        assertThat(server.mails()).containsExactly(List.of(GUARDS), List.of(SAFETY, GUARDS));
    }

    @Test
    void shouldSetAsideAMailThatIsRefusedForGoodAndSendTheNext() {
        server.answer(".", "552 5.3.4 message too large");
        try (Notification guards = new Notification(
                NotifyConfig.of("guards", target()),
                SpoolConfig.DEFAULT.withDirectory(folder.resolve("spool")),
                notifier(),
                incident -> false,
                Clock.systemUTC())) {
            guards.publish(Incidents.bareHead("gate", 1, 0, Incident.Phase.START));
            await().untilAsserted(
                            () -> assertThat(guards.statistics().deadLetters()).isEqualTo(1));
            server.answer(".", "");
            guards.publish(Incidents.bareHead("gate", 1, 1, Incident.Phase.END));
            await().untilAsserted(() -> assertThat(server.mails()).hasSize(1));
            await().untilAsserted(
                            () -> assertThat(guards.statistics().waiting()).isZero());
            assertThat(guards.problem()).isEmpty();
            await().untilAsserted(() -> assertThat(guards.log().newest())
                    .extracting(DeliveryLog.Entry::outcome)
                    .containsExactly(DeliveryLog.Outcome.DELIVERED, DeliveryLog.Outcome.REJECTED));
            assertThat(guards.log().newest().get(1).reason()).contains("552 5.3.4 message too large");
            assertThat(server.attempts()).isEqualTo(2);
        }
    }
}
