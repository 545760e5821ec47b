package io.helmwatch.sinks.notify.mail;

import com.icegreen.greenmail.user.GreenMailUser;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.notify.FaultyRelay;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.TargetFaults;
import jakarta.mail.MessagingException;
import jakarta.mail.internet.MimeMessage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Delivery to GreenMail. */
class MailFaultsTest extends TargetFaults {
    private static final String PASSWORD = "w0rd";
    /** End of a mail, RFC 5321, 4.1.1.4. */
    private static final String END_OF_MAIL = "\r\n.\r\n";

    private final GreenMail server = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    private GreenMailUser user;

    @BeforeEach
    void start() throws Exception {
        server.start();
        user = server.setUser("safety@site.example", "helmwatch", PASSWORD);
        relay = new FaultyRelay(
                server.getSmtp().getPort(),
                (sent, answer) -> new String(sent, StandardCharsets.US_ASCII).endsWith(END_OF_MAIL));
    }

    @AfterEach
    void stop() {
        server.stop();
    }

    private static NotifyConfig.Mail target(int port) {
        return new NotifyConfig.Mail(
                "127.0.0.1",
                port,
                NotifyConfig.Encryption.NONE,
                "helmwatch",
                Secret.of(PASSWORD),
                "helmwatch@site.example",
                List.of("safety@site.example"),
                true);
    }

    @Override
    protected NotifyConfig.Target target() {
        return target(relay.port());
    }

    @Override
    protected Notifier notifier() {
        return new MailNotifier(target(relay.port()), folder, ZoneOffset.UTC, ANSWER);
    }

    @Override
    protected List<String> receivedMessages() throws MessagingException {
        List<String> ids = new ArrayList<>();
        for (MimeMessage mail : server.getReceivedMessages()) {
            ids.add(mail.getHeader("X-Helmwatch-Id")[0]);
        }
        return ids;
    }

    @Override
    protected void refuse(boolean isRefused) {
        user.setPassword(isRefused ? "an0ther" : PASSWORD);
    }

    @Override
    protected Class<?> process() {
        return Sender.class;
    }

    /** The process that is killed. */
    static final class Sender {
        private Sender() {}

        public static void main(String[] arguments) throws Exception {
            NotifyConfig.Mail target = target(Integer.parseInt(arguments[0]));
            notifyWithoutEnd(target, new MailNotifier(target, Path.of("."), ZoneOffset.UTC), arguments);
        }
    }
}
