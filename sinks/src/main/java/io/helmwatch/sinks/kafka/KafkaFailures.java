package io.helmwatch.sinks.kafka;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.resource.FailureText;
import io.helmwatch.sinks.SinkDropCause;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SslAuthenticationException;

/** Classifies failures of Kafka clients and describes them in one sentence without secrets. Threading: any thread. */
final class KafkaFailures {
    /** Begin of a message that names a key store; its cause says why. */
    private static final String STORE = "Failed to load SSL keystore ";

    private KafkaFailures() {}

    /** Whether the same client may succeed later; otherwise it has to be replaced. */
    static boolean isRecoverable(Exception failure) {
        return failure instanceof RetriableException
                || failure instanceof AuthenticationException
                || (failure instanceof AuthorizationException && !(failure instanceof ClusterAuthorizationException));
    }

    /** Whether the broker rejects this record whenever it is sent, while others may succeed. */
    static boolean isPermanentForRecord(Exception failure) {
        return failure instanceof RecordTooLargeException || failure instanceof InvalidRecordException;
    }

    /** The cause under which a record that failed is counted. */
    static SinkDropCause dropCause(Exception failure) {
        if (failure instanceof org.apache.kafka.common.errors.TimeoutException) {
            return SinkDropCause.EXPIRED;
        }
        if (failure instanceof RecordTooLargeException) {
            return SinkDropCause.TOO_LARGE;
        }
        if (failure instanceof AuthenticationException || failure instanceof AuthorizationException) {
            return SinkDropCause.REFUSED;
        }
        return SinkDropCause.FAILED;
    }

    /** Why the brokers cannot be used. */
    static String describe(String servers, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthenticationException || cause instanceof AuthorizationException) {
                return servers + " denies access (" + message(cause) + ")";
            }
            if (cause instanceof InvalidTimestampException) {
                return servers + " rejects the time of records: set the clock of this machine or of the broker ("
                        + message(cause) + ")";
            }
            if (cause instanceof TimeoutException || cause instanceof org.apache.kafka.common.errors.TimeoutException) {
                return servers + " does not answer";
            }
        }
        return servers + " cannot be used (" + message(failure) + ")";
    }

    /** The innermost useful message of a failure, on one line. */
    static String message(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null
                && (cause.getMessage() == null
                        || cause instanceof ExecutionException
                        || (cause.getMessage().startsWith("Failed to ")
                                && !cause.getMessage().startsWith(STORE)))) {
            cause = cause.getCause();
        }
        boolean isStore = String.valueOf(cause.getMessage()).startsWith(STORE);
        if ((isStore || cause instanceof SslAuthenticationException) && cause.getCause() != null) {
            return Redaction.redact(FailureText.of(cause) + ": " + FailureText.of(FailureText.root(cause)));
        }
        return cause instanceof TimeoutException ? "no answer in time" : Redaction.redact(FailureText.of(cause));
    }
}
