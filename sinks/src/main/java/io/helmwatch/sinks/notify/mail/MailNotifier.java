package io.helmwatch.sinks.notify.mail;

import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.sink.NotifyConfig.Encryption;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import io.helmwatch.sinks.notify.NotifyTemplate;
import io.helmwatch.sinks.notify.NotifyText;
import jakarta.activation.DataHandler;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import jakarta.mail.util.ByteArrayDataSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Date;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends messages as e-mail: a sentence as subject, what a person wants to know as text, and the snapshot as attachment. A digest is one mail.
 * Each mail is a connection of its own.
 *
 * <p>A mail that the server refuses for good is dead-lettered; one that some addresses got is sent again only to those that may get it later.
 *
 * <p>Threading: as {@link Notifier}.
 */
public final class MailNotifier implements Notifier {
    private static final Logger LOG = LoggerFactory.getLogger(MailNotifier.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    /** Attachments of a digest beyond this size are not attached; its text names them. */
    private static final long MAX_ATTACHED_BYTES = 8L << 20;

    private final NotifyConfig.Mail target;
    private final Path snapshots;
    private final ZoneId zone;
    private final Session session;
    private final @Nullable NotifyTemplate subject;
    private final @Nullable NotifyTemplate body;
    private final MailRecipients recipients;

    /**
     * Connects with the first message.
     *
     * @param snapshots folder of the snapshots
     * @param zone time zone of the times in the text
     */
    public MailNotifier(NotifyConfig.Mail target, Path snapshots, ZoneId zone) {
        this(target, snapshots, zone, TIMEOUT);
    }

    /** The same with another limit for the time of each answer. */
    MailNotifier(NotifyConfig.Mail target, Path snapshots, ZoneId zone, Duration timeout) {
        this.target = target;
        this.snapshots = snapshots.toAbsolutePath().normalize();
        this.zone = zone;
        this.recipients = new MailRecipients(target.to());
        this.session = Session.getInstance(properties(target, Long.toString(timeout.toMillis())));
        this.subject = target.subject() == null ? null : NotifyTemplate.ofText(target.subject());
        this.body = target.text() == null ? null : NotifyTemplate.ofText(target.text());
    }

    private static Properties properties(NotifyConfig.Mail target, String timeoutMillis) {
        Properties properties = new Properties();
        properties.put("mail.transport.protocol", "smtp");
        properties.put("mail.smtp.host", target.host());
        properties.put("mail.smtp.port", Integer.toString(target.port()));
        properties.put("mail.smtp.auth", Boolean.toString(target.username() != null));
        properties.put("mail.smtp.ssl.enable", Boolean.toString(target.encryption() == Encryption.TLS));
        properties.put("mail.smtp.starttls.enable", Boolean.toString(target.encryption() == Encryption.START_TLS));
        properties.put("mail.smtp.starttls.required", Boolean.toString(target.encryption() == Encryption.START_TLS));
        properties.put("mail.smtp.ssl.checkserveridentity", "true");
        // One address that does not exist must not keep the mail from the others.
        properties.put("mail.smtp.sendpartial", "true");
        properties.put("mail.smtp.connectiontimeout", timeoutMillis);
        properties.put("mail.smtp.timeout", timeoutMillis);
        properties.put("mail.smtp.writetimeout", timeoutMillis);
        return properties;
    }

    @Override
    public void deliver(List<NotifyMessage> messages) throws NotifyException {
        try {
            MimeMessage mail = compose(messages);
            try (Transport transport = session.getTransport()) {
                if (target.username() == null) {
                    transport.connect();
                } else {
                    transport.connect(
                            target.username(),
                            target.password() == null ? "" : target.password().reveal());
                }
                transport.sendMessage(mail, recipients.remaining(messages));
            }
        } catch (AuthenticationFailedException e) {
            throw NotifyException.retryable(server() + " refuses the user or the password", e);
        } catch (SendFailedException e) {
            MailRefusal refusal = MailRefusal.of(e);
            recipients.reached(e.getValidSentAddresses());
            String sentence = server() + " does not take the mail: " + refusal.answer();
            if (!refusal.isPermanent()) {
                throw NotifyException.retryable(sentence, e);
            }
            if (!recipients.hasReachedAny()) {
                throw NotifyException.permanent(sentence, e);
            }
            LOG.warn(
                    "Notification {} was not delivered to everybody: {}",
                    messages.get(0).id(),
                    sentence);
        } catch (MessagingException e) {
            throw NotifyException.retryable(server() + " cannot be used: " + reason(e), e);
        }
    }

    private MimeMessage compose(List<NotifyMessage> messages) throws MessagingException {
        MimeMessage mail = new MimeMessage(session);
        mail.setFrom(new InternetAddress(target.from()));
        mail.addRecipients(Message.RecipientType.TO, recipients.all());
        NotifyMessage first = messages.get(0);
        mail.setSubject(
                subject == null
                        ? NotifyText.subject(messages, zone)
                        : subject.render(messages, zone).replaceAll("\\s+", " "),
                StandardCharsets.UTF_8.name());
        mail.setSentDate(new Date());
        mail.setHeader("X-Helmwatch-Id", first.id());
        mail.setHeader("Auto-Submitted", "auto-generated");
        MimeMultipart parts = new MimeMultipart();
        MimeBodyPart text = new MimeBodyPart();
        text.setText(
                body == null ? NotifyText.body(messages, zone) : body.render(messages, zone),
                StandardCharsets.UTF_8.name());
        parts.addBodyPart(text);
        if (target.attachSnapshot()) {
            attach(messages, parts);
        }
        mail.setContent(parts);
        return mail;
    }

    private void attach(List<NotifyMessage> messages, MimeMultipart parts) throws MessagingException {
        long attached = 0;
        for (NotifyMessage message : messages) {
            String path = message.json()
                    .path("snapshot")
                    .path("drawnPath")
                    .asText(message.json().path("snapshot").path("path").asText(""));
            Path file = snapshots.resolve(path).normalize();
            if (path.isEmpty() || !file.startsWith(snapshots)) {
                continue;
            }
            try {
                long size = Files.size(file);
                if (attached + size <= MAX_ATTACHED_BYTES) {
                    MimeBodyPart image = new MimeBodyPart();
                    image.setDataHandler(
                            new DataHandler(new ByteArrayDataSource(Files.readAllBytes(file), "image/jpeg")));
                    image.setFileName(file.getFileName().toString());
                    parts.addBodyPart(image);
                    attached += size;
                }
            } catch (IOException e) {
                LOG.warn(
                        "Mail about {} is sent without its snapshot: {} cannot be read: {}",
                        message.id(),
                        file,
                        e.getMessage());
            }
        }
    }

    private String server() {
        return "mail server " + target.host() + ":" + target.port();
    }

    private static String reason(MessagingException failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root.getMessage() == null ? "no reason given" : root.getMessage().strip();
    }

    @Override
    public void close() {
        // Each mail has a connection of its own.
    }
}
