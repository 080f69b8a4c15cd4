/** A new password, twice. */

interface NewPasswordFieldsProps {
  password: string;
  again: string;
  onPassword: (text: string) => void;
  onAgain: (text: string) => void;
}

export function NewPasswordFields(props: NewPasswordFieldsProps) {
  return (
    <>
      <label>
        New password
        <input
          className="field"
          type="password"
          autoComplete="new-password"
          placeholder="At least 12 characters"
          value={props.password}
          onChange={(event) => props.onPassword(event.target.value)}
        />
      </label>
      <label>
        The same again
        <input
          className="field"
          type="password"
          autoComplete="new-password"
          value={props.again}
          onChange={(event) => props.onAgain(event.target.value)}
        />
      </label>
    </>
  );
}
