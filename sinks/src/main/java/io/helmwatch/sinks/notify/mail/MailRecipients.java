package io.helmwatch.sinks.notify.mail;

import io.helmwatch.sinks.notify.NotifyMessage;
import jakarta.mail.Address;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who is still to get a mail, over its attempts. Threading: one thread. */
final class MailRecipients {
    private final List<String> addresses;
    private final Set<Address> reached = new HashSet<>();
    /** What the mail says; a digest may have grown since the last attempt, and is another mail then. */
    private List<NotifyMessage> mail = List.of();

    MailRecipients(List<String> addresses) {
        this.addresses = addresses;
    }

    /** Everybody. */
    Address[] all() throws AddressException {
        Address[] all = new Address[addresses.size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = new InternetAddress(addresses.get(i));
        }
        return all;
    }

    /** Those who have not got a mail yet. */
    Address[] remaining(List<NotifyMessage> messages) throws AddressException {
        if (!messages.equals(mail)) {
            mail = List.copyOf(messages);
            reached.clear();
        }
        return List.of(all()).stream()
                .filter(address -> !reached.contains(address))
                .toArray(Address[]::new);
    }

    /** The server has taken the mail for these. */
    void reached(Address @Nullable [] sent) {
        if (sent != null) {
            reached.addAll(List.of(sent));
        }
    }

    /** Whether anybody has got the mail. */
    boolean hasReachedAny() {
        return !reached.isEmpty();
    }
}
