/** A bounded number of pages of lists, those used last. */

const MOST_PAGES = 60;

interface List<Page> {
  total: number;
  pages: Map<number, Page>;
}

/** Pages of several lists by their keys; the totals of lists outlive their pages. */
export class PageShelf<Page> {
  private readonly lists = new Map<string, List<Page>>();
  private readonly used = new Map<string, [key: string, page: number]>();

  /** How many items a list has, if any of its pages ever came. */
  totalOf(key: string): number | undefined {
    return this.lists.get(key)?.total;
  }

  get(key: string, page: number): Page | undefined {
    return this.lists.get(key)?.pages.get(page);
  }

  /** All pages of a list that are here. */
  pagesOf(key: string): ReadonlyMap<number, Page> {
    return this.lists.get(key)?.pages ?? new Map();
  }

  /** Keeps a page, and lets go of the one that was kept longest ago. */
  put(key: string, page: number, content: Page, total: number): void {
    const list = this.lists.get(key) ?? { total, pages: new Map<number, Page>() };
    this.lists.set(key, list);
    list.total = total;
    list.pages.set(page, content);
    const name = `${page} ${key}`;
    this.used.delete(name);
    this.used.set(name, [key, page]);
    const oldest = this.used.size > MOST_PAGES ? this.used.entries().next().value : undefined;
    if (!oldest) return;
    const [oldestName, [oldestKey, oldestPage]] = oldest;
    this.used.delete(oldestName);
    this.lists.get(oldestKey)?.pages.delete(oldestPage);
  }
}
