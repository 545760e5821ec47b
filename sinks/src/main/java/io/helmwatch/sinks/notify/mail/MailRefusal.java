package io.helmwatch.sinks.notify.mail;

import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import java.util.Set;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;

/**
 * Why a mail server does not take a mail. Answers 4yz may change, 5yz will not (RFC 5321, 4.2.1); those about the login (RFC 4954, 6) are of the
 * configuration, not of the mail, and count as answers that may change.
 *
 * @param isPermanent whether every refusal is permanent
 * @param answer what the server said, with its code
 */
record MailRefusal(boolean isPermanent, String answer) {
    private static final Set<Integer> ABOUT_LOGIN = Set.of(530, 534, 535, 538);

    /** The refusal of a mail, or of some of its addresses. */
    static MailRefusal of(SendFailedException failure) {
        boolean isPermanent = true;
        boolean isKnown = false;
        String answer = String.valueOf(failure.getMessage());
        for (Exception part = failure; part instanceof MessagingException; part = next(part)) {
            int code = code(part);
            // The last answer of a mail that some addresses have got is that it was taken.
            if (code >= 400) {
                boolean isThis = code >= 500 && !ABOUT_LOGIN.contains(code);
                if (!isKnown || (isPermanent && !isThis)) {
                    answer = String.valueOf(part.getMessage());
                }
                isPermanent &= isThis;
                isKnown = true;
            }
        }
        return new MailRefusal(isKnown && isPermanent, answer.strip());
    }

    private static Exception next(Exception part) {
        return ((MessagingException) part).getNextException();
    }

    private static int code(Exception part) {
        if (part instanceof SMTPSendFailedException send) {
            return send.getReturnCode();
        }
        return part instanceof SMTPAddressFailedException address ? address.getReturnCode() : 0;
    }
}
